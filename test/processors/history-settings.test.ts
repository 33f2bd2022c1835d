// History under settings that change, and of accounts that are purged: what was left out is taken up again, and what is purged comes to nothing.
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { historyTurns } from '../../src/processors/in-turn.ts'
import { somebody } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type HistoryWorld,
  historyOf,
  inline,
  never,
  nothing,
  onCdn,
  openHistoryWorld,
  packed,
} from '../ground/processors/history-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: HistoryWorld
beforeEach(async ({ task }) => {
  world = await openHistoryWorld(task.name, logger)
  await world.reserve('shop', {})
})
afterEach(() => world.close())

test('[B6] [A5] with historySync off no message is told, names and addresses are, and it says so', async () => {
  expect(await world.handle(onCdn(world.cdn, packed(historyOf(4))).event)).toEqual(nothing)
  expect(await world.messages()).toEqual([])
  expect((await world.contacts()).map(({ contactId }) => contactId)).toEqual([somebody.lid, somebody.lid, somebody.lid])
  expect(await world.progress()).toMatchObject([
    { state: 'started', isWithoutMessages: true },
    { state: 'completed', isWithoutMessages: true, done: 4, people: 3 },
  ])
  expect(await world.syncs()).toMatchObject([{ state: 'completed', withoutMessages: true, messages: 4 }])
})

test('[B6] [A5] turned on later its messages are taken, from the notification in the log, and names come as copies', async () => {
  for (const event of [onCdn(world.cdn, packed(historyOf(4))).event, inline(historyOf(2))]) await world.handle(event)
  const names = new Set((await world.contacts()).map(({ eventId }) => eventId))
  await world.catchUp()
  expect(await world.messages()).toEqual([])
  await world.reserve('shop', { historySync: true })
  await world.catchUp()
  expect(new Set((await world.messages()).map(({ text }) => text))).toEqual(new Set(['old 0', 'old 1', 'old 2', 'old 3']))
  expect(await world.contacts()).toHaveLength(12)
  expect(new Set((await world.contacts()).map(({ eventId }) => eventId))).toEqual(names)
  for (const sync of await world.syncs()) expect(sync).toMatchObject({ state: 'completed', withoutMessages: false, round: 2 })
  const ends = (await world.progress()).filter(({ state }) => state === 'completed')
  expect(new Set(ends.map(({ eventId }) => eventId)).size).toBe(4)
  const told = (await world.history()).length
  await world.catchUp()
  expect((await world.history()).length).toBe(told)
})

test('[B6] what WhatsApp does not have any more by then has failed as gone, and is not asked for again', async () => {
  const { event, directPath } = onCdn(world.cdn, packed(historyOf(4)))
  await world.handle(event)
  world.cdn.remove(directPath)
  await world.reserve('shop', { historySync: true })
  for (let time = 0; time < 2; time++) await world.catchUp()
  expect(await world.syncs()).toMatchObject([{ state: 'failed', reason: 'gone', round: 2 }])
  expect((await world.progress()).map(({ state }) => state)).toEqual(['started', 'completed', 'started', 'failed'])
  expect(world.cdn.hits()).toHaveLength(2)
})

test('[B6] a server that is broken keeps no other instance waiting; it is asked a few times, and then has failed', async () => {
  await world.reserve('ours', {})
  const down = onCdn(world.cdn, packed(historyOf(4)))
  await world.handle(down.event)
  for (const count of [5, 6]) await world.handle(inline(historyOf(count)))
  await world.handle(inline(historyOf(7), { instanceId: 'ours' }))
  world.cdn.fault(down.directPath, { kind: 'status', status: 503, retryAfterSeconds: 3_000 })
  for (const instanceId of ['shop', 'ours']) await world.reserve(instanceId, { historySync: true })
  const nowMs = { is: Date.now() }
  const timer = world.openCatchUp({ clock: () => nowMs.is })
  await timer.work(never)
  expect([...(await world.syncs()), ...(await world.syncs('ours'))].map(({ state }) => state).toSorted()).toEqual([
    ...['completed', 'completed', 'completed', 'started'],
  ])
  const ends = (await world.progress()).filter(({ state, isWithoutMessages }) => state === 'completed' && !isWithoutMessages)
  expect(
    ends.findIndex(({ instanceId }) => instanceId === 'ours'),
    'after one part of the other',
  ).toBeLessThanOrEqual(1)
  const left = () => world.database.query(`update history_syncs set updated_at = now() - interval '1 hour'`)
  const asked = world.cdn.hits().length
  await left()
  await timer.work(never)
  expect(world.cdn.hits(), 'its server asked to wait').toHaveLength(asked)
  for (let time = 0; time < 3; time++) {
    nowMs.is += 3_600_000
    await left()
    await timer.work(never)
  }
  expect((await world.syncs()).find(({ state }) => state !== 'completed')).toMatchObject({ reason: 'server-error' })
})

test('[A7] purged while its file is on its way, nothing of it stays', async () => {
  const { event } = onCdn(world.cdn, packed(historyOf(4)))
  await world.handle(event)
  await world.reserve('shop', { historySync: true })
  const put: typeof world.objects.store.put = async (object, signal) => {
    await world.purge('shop')
    return await world.objects.store.put(object, signal)
  }
  await world.catchUp({ objects: { ...world.objects.store, put } })
  expect(await world.messages()).toEqual([])
  expect(await world.keys()).toEqual([])
})

test('[B6] one that works off history shares its turns with whoever does', async () => {
  await world.handle(inline(historyOf(4)))
  await world.reserve('shop', { historySync: true })
  const turns = historyTurns()
  const held = await turns.take({ key: 'shop' }, never)
  const caughtUp = world.catchUp({ historyTurns: turns })
  await until('it to wait for its turn', () => turns.waiting() === 1)
  expect(await world.messages()).toEqual([])
  if (typeof held !== 'string') held.release()
  await caughtUp
  expect(await world.messages()).toHaveLength(4)
})

test('[B6] whose notification the log does not have any more has failed as gone', async () => {
  await world.handle(inline(historyOf(4)))
  await world.reserve('shop', { historySync: true })
  await world.database.query('update history_syncs set next_offset = 4711')
  const read: typeof world.log.read = () => Readable.from([])
  await world.catchUp({ log: { ...world.log, read } })
  expect(await world.syncs()).toMatchObject([{ state: 'failed', reason: 'gone' }])
})

test('[B6] whoever dies while catching up is followed by another, which goes on at its place', async () => {
  await world.handle(inline(historyOf(1_200)))
  await world.reserve('shop', { historySync: true })
  const database = flaky(world.database, ({ name, nth }) =>
    name === 'transact' && nth === 1 ? { failAfter: new Error('killed') } : null,
  )
  await expect(world.catchUp({ database })).rejects.toThrow('killed')
  expect(await world.syncs()).toMatchObject([{ state: 'progressed', round: 2, messages: 100 }])
  await world.catchUp()
  expect(await world.syncs(), 'it may still be at work').toMatchObject([{ state: 'progressed' }])
  await world.database.query(`update history_syncs set updated_at = now() - interval '1 hour'`)
  await world.catchUp()
  expect(await world.syncs()).toMatchObject([{ state: 'completed', round: 2, messages: 1_200 }])
  expect((await world.messages()).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 1_200 }, (_, n) => n))
})

/** A database in which something is done once so many batches are saved. */
const afterBatch = (nth: number, then: () => Promise<void>) => {
  const { transact } = world.database
  let batches = 0
  const watched: typeof transact = async (work, signal) => {
    const answer = await transact(work, signal)
    batches += 1
    if (batches === nth) await then()
    return answer
  }
  return { ...world.database, transact: watched }
}

test('[B6] [A5] turned off in the middle, no message follows but those on their way; turned on, all are taken', async () => {
  await world.reserve('shop', { historySync: true })
  const event = inline(historyOf(1_600))
  await world.handle(event, { database: afterBatch(1, () => world.reserve('shop', {})) })
  expect(await world.messages()).toHaveLength(200)
  expect(await world.syncs()).toMatchObject([{ state: 'completed', withoutMessages: true, messages: 1_600 }])
  await world.reserve('shop', { historySync: true })
  await world.catchUp()
  expect(new Set((await world.messages()).map(({ eventId }) => eventId)).size).toBe(1_600)
})

test('[A7] purged in the middle it ends there: nothing more is told, and nothing of it stays', async () => {
  await world.reserve('shop', { historySync: true })
  const { event } = onCdn(world.cdn, packed(historyOf(1_600)))
  expect(await world.handle(event, { database: afterBatch(1, () => world.purge('shop')) })).toEqual(nothing)
  expect((await world.messages()).length).toBeLessThanOrEqual(100)
  expect((await world.progress()).map(({ state }) => state)).toEqual(['started'])
  expect(await world.keys()).toEqual([])
  await world.catchUp()
  expect(await world.handle(event)).toEqual(nothing)
  expect((await world.messages()).length).toBeLessThanOrEqual(100)
})

test('[A7] of a purged instance nothing begins', async () => {
  await world.purge('shop')
  expect(await world.handle(onCdn(world.cdn, packed(historyOf(4))).event)).toEqual(nothing)
  expect([await world.history(), await world.syncs(), await world.keys(), world.cdn.hits()]).toEqual([[], [], [], []])
})

test('[A7] deleted in the middle it ends there: no pair and no secret of it is written any more', async () => {
  await world.reserve('shop', { historySync: true })
  const { event } = onCdn(world.cdn, packed(historyOf(1_600)))
  const leave = async () => void (await world.database.query(`update instance_ids set wanted = 'deleted'`))
  expect(await world.handle(event, { database: afterBatch(1, leave) })).toEqual(nothing)
  expect(await world.messages()).toHaveLength(100)
  expect(await world.database.query('select from learned_pairs')).toEqual([])
  await world.database.query(`update history_syncs set round = 2, updated_at = now() - interval '1 hour'`)
  await world.catchUp()
  expect(await world.handle(event)).toEqual(nothing)
  expect(await world.messages()).toHaveLength(100)
  expect(await world.keys()).toEqual([])
})

test('[B6] of two processes that work off the same part, one moves it; there are no gaps', async () => {
  await world.reserve('shop', { historySync: true })
  const event = inline(historyOf(1_200))
  await world.append(event)
  const outcomes = await Promise.all([world.handle(event), world.handle(event)])
  expect(outcomes).toContainEqual(nothing)
  await until('the other one to see that it is done', async () => (await world.handle(event)).kind === 'emit')
  const first = new Map((await world.messages()).map(({ eventId, ordinal }) => [eventId, ordinal]))
  expect([...first.values()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_200 }, (_, n) => n))
  expect(await world.syncs()).toMatchObject([{ state: 'completed', messages: 1_200, people: 3 }])
})
