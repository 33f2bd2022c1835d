// First copy per event id wins, among the last ids of each instance.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { readTogether, writeTogether } from '../../src/database/statement-parts.ts'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
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
  return { event, position: { topic: `wa.${topicOfEvent(event)}`, partition: 0, nextOffset: offset } }
}
async function keepIn(tx: Transaction, events: readonly Event[], version = 1) {
  const those = events.map(placed)
  const seen = seenOf({ ...of, version }, those)
  const kept = seen.sort(await readTogether(tx, seen.reads), those)
  await writeTogether(tx, kept.writes)
  return kept
}
const keepFor = (version: number, events: readonly Event[]) =>
  test.database.transact(tx => keepIn(tx, events, version), new AbortController().signal)
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

it('[B3] [B6] what two parts of a history tell of one message is no conflict, nor is a state that is told again at another time', async () => {
  const event = anEvent('message.history', { ordinal: 1, order: 5, syncType: 'recent', status: 'delivered', text: 'a' })
  const again = {
    ordinal: 70,
    order: 6,
    syncType: 'full',
    status: 'read',
    starred: true,
    sourceEventId: 'b'.repeat(32),
    text: 'b',
  }
  expect(await keep(event, { ...aCopyOf(event, 2), ...again })).toMatchObject({ duplicates: 1, conflicts: [] })
  const chat = anEvent('chat.updated', { origin: 'history', unread: true })
  expect(digestOf({ ...chat, unread: false })).toBe(digestOf(chat))
  const told = anEvent('group.updated', { origin: 'snapshot', subject: 'a' })
  expect(digestOf({ ...told, occurredAt: told.occurredAt + 60_000 })).toBe(digestOf(told))
  expect(digestOf({ ...told, subject: 'b' })).not.toBe(digestOf(told))
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

it('[B3] [B6] history has a window of its own: of what happens nothing is forgotten for it, and it goes by its own last 4,096', async () => {
  const live = anEvent('message.received')
  await keep(live)
  const past = Array.from({ length: SEEN_PER_INSTANCE + 2 }, () => anEvent('message.history'))
  for (let from = 0; from < past.length; from += 1_000) await keep(...past.slice(from, from + 1_000))
  expect(idsOf(await keep(live))).toEqual([])
  const [oldest, , third] = past
  if (oldest === undefined || third === undefined) throw new Error('no events')
  expect(idsOf(await keep(third))).toEqual([])
  expect(idsOf(await keep(oldest))).toEqual([oldest.eventId])
  const rows = await test.database.query<{ past: number; live: number }>(
    'select count(*) filter (where place < 0)::integer as past, count(*) filter (where place > 0)::integer as live from projection_seen',
  )
  expect(rows).toEqual([{ past: SEEN_PER_INSTANCE, live: 1 }])
})

it('[B3] [B6] what happens pushes nothing of history out either, and a copy is known in whichever topic it comes', async () => {
  const past = anEvent('message.history')
  await keep(past)
  await keep(...Array.from({ length: SEEN_PER_INSTANCE + 1 }, () => anEvent('message.received')))
  expect(idsOf(await keep(past))).toEqual([])
  const twice = anEvent('contact.updated')
  expect(idsOf(await keep(twice, { ...twice, origin: 'history' }))).toEqual([twice.eventId])
})

describe.each([
  ['as Postgres counts them, with plans from the time the table was empty', rowsFetched, async () => undefined],
  [
    'as EXPLAIN counts them, with plans made of what the table holds',
    rowsExplained,
    () => test.database.query('analyze projection_seen'),
  ],
])('rows looked at %s', (_how, rowsRead, replan) => {
  it.each(['message.received', 'message.history'] as const)(
    '[B3] [D2] remembering and forgetting %s looks at as many rows as there are new ids, however many instances are full',
    async type => {
      const INSTANCES = 24
      const [EACH, WARM] = [3, 8]
      const some = () =>
        Array.from({ length: INSTANCES * EACH }, (_, at) => anEvent(type, { instanceId: `shop-${at % INSTANCES}` }))
      const sign = type === 'message.history' ? -1 : 1
      for (let time = 0; time < WARM; time++) await keep(...some()) // from the sixth time on the plan is kept
      await test.database.query('truncate projection_seen')
      await test.database.query(
        `insert into projection_seen (projection, version, event_id, instance_id, place, digest)
       select 'seeing', 1, gen_random_uuid(), 'shop-' || i, ${sign} * place, 0
       from generate_series(0, ${INSTANCES - 1}) i cross join generate_series(101, ${100 + SEEN_PER_INSTANCE}) place`,
      )
      await replan()
      for (let time = 0; time < WARM; time++) expect(await rowsRead(some())).toBeLessThan(INSTANCES * EACH * 3)
      const kept = await test.database.query<{ count: number; first: string; last: string }>(
        `select count(*)::integer as count, min(abs(place)) as first, max(abs(place)) as last from projection_seen group by instance_id`,
      )
      const [first, last] = [101 + WARM * EACH, 100 + SEEN_PER_INSTANCE + WARM * EACH].map(String)
      expect(kept).toEqual(Array.from({ length: INSTANCES }, () => ({ count: SEEN_PER_INSTANCE, first, last })))
    },
  )
})

function rowsFetched(events: readonly Event[]): Promise<number> {
  return test.database.transact(async tx => {
    const count = async () => {
      const [row] = await tx.query<{ rows: string }>(
        `select seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = 'projection_seen'`,
      )
      return Number(row?.rows ?? 0)
    }
    const before = await count()
    await keepIn(tx, events)
    return (await count()) - before
  }, new AbortController().signal)
}

/** Those that were looked at, whether or not they were wanted. */
function rowsExplained(events: readonly Event[]): Promise<number> {
  return test.database.transact(async tx => {
    let read = 0
    const explaining: Transaction = {
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        await tx.query('savepoint explained')
        const [plan] = await tx.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
          `explain (analyze, format json) ${sql}`,
          values,
        )
        await tx.query('rollback to savepoint explained')
        if (plan !== undefined) read += rowsIn(plan['QUERY PLAN'][0].Plan)
        return tx.query<Row>(sql, values)
      },
    }
    await keepIn(explaining, events)
    return read
  }, new AbortController().signal)
}

type PlanNode = {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: readonly PlanNode[]
}

const rowsIn = (node: PlanNode): number => {
  const passed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
  const own = node['Relation Name'] === 'projection_seen' ? (node['Actual Rows'] + passed) * node['Actual Loops'] : 0
  return own + (node.Plans ?? []).reduce((sum, one) => sum + rowsIn(one), 0)
}
