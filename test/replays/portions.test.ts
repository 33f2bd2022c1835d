// A batch is copied a portion at a time, as large as the pace is then; what is read ahead of them, and who dies between two, leaves no gap and no copy.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Append, EventLog, LogRecord } from '../../src/log/log.ts'
import { type Judged, portionsOf } from '../../src/replays/portions.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

/** More than two batches. */
const RECORDS = 2_500
let world: ReplaysWorld
beforeAll(async () => {
  world = await openReplaysWorld('replay_portions', collectLogLines())
  await giveOutIds(world.api.database, 'shop')
  const record = world.api.testLog.codec.encode(anEvent('message.received', { instanceId: 'shop' }))
  await world.append(
    'wa.events',
    Array.from({ length: RECORDS }, () => record),
  )
})
afterAll(() => world.close())

const judged = (offset: number, verdict: Judged['verdict']): Judged => ({
  record: { topic: 'wa.events', partition: 0, offset: BigInt(offset), key: '', value: null, headers: {}, recordedAt: 0 },
  verdict,
})
const many = (verdict: Judged['verdict'], count: number, first = 0) =>
  Array.from({ length: count }, (_, n) => judged(first + n, verdict))
const sizes = (records: readonly Judged[], ...mosts: number[]) =>
  [...portionsOf({ records, nextOffset: 10_000n }, () => mosts.shift() ?? 1_000)].map(({ records, nextOffset }) => [
    records.length,
    Number(nextOffset),
  ])

test('[G1] each portion is as large as the pace is when its turn comes, and the last ends where the batch does', () => {
  expect(sizes(many('chosen', 250), 100, 100, 100)).toEqual([
    [100, 100],
    [100, 200],
    [50, 10_000],
  ])
  expect(sizes(many('chosen', 1_000), 50)).toEqual([
    [50, 50],
    [950, 10_000],
  ])
  expect(sizes(many('chosen', 3), 0, 0, 0).map(([records]) => records)).toEqual([1, 1, 1])
  expect(sizes([])).toEqual([[0, 10_000]])
})

test('[G1] what is passed over takes a twentieth of the pace of what is copied', () => {
  const records = [...many('passed-over', 400), ...many('purged', 90, 400), ...many('chosen', 100, 490)]
  expect(sizes(records, 50, 1_000)).toEqual([
    [515, 515],
    [75, 10_000],
  ])
})

const target = (name: string) => `wa.replay.${name}`
const offsetsIn = async (name: string) =>
  (await world.all(target(name))).flatMap(({ headers }: LogRecord) =>
    headers['event-type'] === 'replay.ended' ? [] : [Number(headers['replay-offset'])],
  )
const wanted = Array.from({ length: RECORDS }, (_, n) => n)

/** How many records each append of a replay has. */
function countedLog(log: EventLog): { log: EventLog; appended: number[] } {
  const appended: number[] = []
  const { inside } = log
  const count = ({ records }: Append) => appended.push(records.length)
  return {
    appended,
    log: {
      ...log,
      append: async (append, signal) => {
        count(append)
        return log.append(append, signal)
      },
      inside: inside && {
        ...inside,
        prepare: async (appends, signal) => {
          appends.forEach(count)
          return inside.prepare(appends, signal)
        },
      },
    },
  }
}

test.each(['embedded', 'elsewhere'] as const)('[G1] a log that is %s is given what goes in a fifth of a second', async where => {
  const name = `paced-${where}`
  const { log, appended } = countedLog(where === 'embedded' ? world.log : elsewhere(world.log))
  const role = world.work({ log })
  const { id } = await world.begin({ name, from: 'beginning', rate: 1_000 })
  await until('it goes on', async () => (await world.get(id)).read >= 100)
  await world.patch(id, { state: 'cancelled' })
  await role.close()
  expect(appended.length).toBeGreaterThan(1)
  expect(Math.max(...appended)).toBeLessThanOrEqual(200)
  const copied = await offsetsIn(name)
  expect(copied).toEqual(wanted.slice(0, copied.length))
})

/** Whoever has it reads ahead; its nth append lands, and it hears of that no more. */
function deafLog(deafFrom: number) {
  const [landed, heard] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const seen = { read: 0, appends: 0 }
  const log: EventLog = {
    ...elsewhere(world.log),
    read: async function* (...args) {
      for await (const record of world.log.read(...args)) {
        seen.read += 1
        yield record
      }
    },
    append: async (append, signal) => {
      seen.appends += 1
      const isDeaf = seen.appends >= deafFrom
      const done = await world.log.append(append, signal)
      if (!isDeaf) return done
      landed.resolve()
      await heard.promise
      return done
    },
  }
  return { log, seen, landed: landed.promise, hear: () => heard.resolve() }
}

test('[G1] who dies with one portion appended and not noted, and the next batch read, leaves no gap and no copy', async () => {
  const { log, seen, landed, hear } = deafLog(2)
  // It looks once, and so never hears that it has lost it: only its lease, of which it knows how long it is, keeps it from writing.
  const dying = world.work({ log, pollMs: 3_600_000, leaseMs: 1_000 })
  const { id } = await world.begin({ name: 'dying', from: 'beginning', marker: false })
  try {
    await landed
    await until('it has read ahead', () => seen.read > 2_000)
    expect((await world.get(id)).read).toBe(1_000)
    expect(await offsetsIn('dying')).toEqual(wanted.slice(0, 2_000))
    const other = world.work({ log: elsewhere(world.log) })
    expect(await world.reaches(id, 'done')).toMatchObject({ read: RECORDS, written: RECORDS, leftOut: {} })
    await other.close()
  } finally {
    hear()
    await dying.close()
  }
  expect(await offsetsIn('dying')).toEqual(wanted)
})
