// First copy per event id wins, among the last ids of each instance.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { readTogether, writeTogether } from '../../src/database/statement-parts.ts'
import type { Event } from '../../src/events/event.ts'
import type { Placed } from '../../src/projections/projection.ts'
import { digestOf, SEEN_PER_INSTANCE, seenOf } from '../../src/projections/seen.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { aCopyOf, anEvent } from '../ground/events.ts'

const of = { name: 'seeing', version: 1 }
let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('projection seen')
})
afterAll(() => test.close())
beforeEach(() => test.database.query('truncate projection_seen'))

let offset = 0n
const placed = (event: Event): Placed => {
  offset += 1n
  return { event, position: { topic: 'wa.events', partition: 0, nextOffset: offset } }
}
const keepFor = (version: number, events: readonly Event[]) =>
  test.database.transact(async tx => {
    const those = events.map(placed)
    const seen = seenOf({ ...of, version }, those)
    const kept = seen.sort(await readTogether(tx, seen.reads), those)
    await writeTogether(tx, kept.writes)
    return kept
  }, new AbortController().signal)
const keep = (...events: readonly Event[]) => keepFor(1, events)
const idsOf = (kept: Awaited<ReturnType<typeof keep>>) => kept.fresh.map(one => one.event.eventId)

it('[B3] inside one batch the lowest offset wins', async () => {
  const event = anEvent('message.received', { text: 'first' })
  const kept = await keep(event, aCopyOf(event, 2), { ...event, text: 'second' })
  expect(kept).toMatchObject({
    fresh: [{ event: { text: 'first' } }],
    duplicates: 2,
    conflicts: [{ event: { eventId: event.eventId } }],
  })
})

it('[B3] a copy is known in a later batch; another version of the projection has seen nothing yet', async () => {
  const event = anEvent('message.received')
  expect(idsOf(await keep(event))).toEqual([event.eventId])
  expect(await keep(aCopyOf(event, 2))).toMatchObject({ fresh: [], duplicates: 1, conflicts: [] })
  const next = await keepFor(2, [event])
  expect(idsOf(next)).toEqual([event.eventId])
})

it('[B3] a redelivery is no conflict, a changed word or byte is one', () => {
  const event = anEvent('message.received', { text: 'a', raw: Buffer.from('a') })
  expect(digestOf(aCopyOf(event, 5))).toBe(digestOf(event))
  expect(digestOf({ ...event, text: 'b' })).not.toBe(digestOf(event))
  expect(digestOf({ ...event, raw: Buffer.from('b') })).not.toBe(digestOf(event))
})

it('[B3] the time of arrival, where it stands in for WhatsApp’s, changes with every redelivery and is no conflict', () => {
  const event = anEvent('message.receipt-updated', { occurredAtSaid: 'soon', occurredAt: 1_700_000_000_000 })
  expect(digestOf({ ...event, occurredAt: 1_700_000_060_000 })).toBe(digestOf(event))
  expect(digestOf({ ...event, occurredAtSaid: 'later' })).not.toBe(digestOf(event))
  const believed = { ...event, occurredAtSaid: null }
  expect(digestOf({ ...believed, occurredAt: 1_700_000_060_000 })).not.toBe(digestOf(believed))
})

it('[B3] [B8] a message that could not be decrypted is the same one however often it comes, encrypted anew; another of its words is a conflict', () => {
  const event = anEvent('message.undecryptable', { raw: Buffer.from('a'), reason: 'Bad MAC', encryption: 'msg' })
  const again = { raw: Buffer.from('b'), reason: 'No session record', encryption: 'pkmsg', occurredAt: event.occurredAt + 9_000 }
  expect(digestOf({ ...aCopyOf(event, 2), ...again })).toBe(digestOf(event))
  expect(digestOf({ ...event, ...again, senderName: 'Somebody else' })).not.toBe(digestOf(event))
})

it('[B3] the last 4,096 ids of each instance are remembered, in log order, whatever other instances do', async () => {
  const quiet = anEvent('message.received', { instanceId: 'store' })
  const busy = Array.from({ length: SEEN_PER_INSTANCE + 1 }, () => anEvent('message.received'))
  await keep(quiet, ...busy)
  const [oldest, second] = busy
  if (oldest === undefined || second === undefined) throw new Error('no events')
  expect(idsOf(await keep(second))).toEqual([])
  expect(idsOf(await keep(oldest))).toEqual([oldest.eventId])
  expect(idsOf(await keep(quiet))).toEqual([])
  const [count] = await test.database.query<{ count: string }>("select count(*) from projection_seen where instance_id = 'shop'")
  expect(Number(count?.count)).toBe(SEEN_PER_INSTANCE)
})
