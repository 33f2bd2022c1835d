// Who owns a partition of a projection, when two members think that they do.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { topics } from '../../src/events/topics.ts'
import { type Batch, LogError, type NewRecord } from '../../src/log/log.ts'
import { takeCheckpoints } from '../../src/projections/checkpoints.ts'
import { createFellows } from '../../src/projections/fellows.ts'
import { type OwnedPartition, openPartition, type PartitionDeps } from '../../src/projections/partition.ts'
import { openProjectionMetrics } from '../../src/projections/projection-metrics.ts'
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openMemoryCodec } from '../ground/projection-dsl.ts'
import { type Counting, openCounting, readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['projection.quarantined', 'projection.nobodys-record', 'projection.batch-failed'])
let test: TestDatabase
let counting: Counting
let appended: NewRecord[]
let logIsUp: boolean
let metrics: Metrics
/** As if a newer version had written them. */
let fromTheFuture: readonly string[]
let member: () => Promise<OwnedPartition>
let batchOf: (events: readonly Event[], fromOffset: number) => Batch

beforeEach(async () => {
  test = await openTestDatabase('projection partition', { poolSize: 8 })
  counting = await openCounting(test.database, { emits: true })
  await makeCheckpoints(test.database, counting, 1)
  appended = []
  logIsUp = true
  metrics = createMetrics({ processMetrics: false })
  fromTheFuture = []
  const codec = await openMemoryCodec()
  const deps: Omit<PartitionDeps, 'fellows'> = {
    database: test.database,
    codec: {
      ...codec,
      decode: async (value, signal) => {
        const event = await codec.decode(value, signal)
        return event !== null && fromTheFuture.includes(event.eventId) ? null : event
      },
    },
    topic: name => `wa.${name}`,
    log: {
      inside: null,
      lag: async () => [],
      append: async ({ records }) => {
        if (!logIsUp) throw new LogError('unavailable', 'appending: no log')
        appended.push(...records)
        return []
      },
      read: async function* () {
        yield* []
      },
    },
    logger,
  }
  const projectionMetrics = openProjectionMetrics(metrics, 'counting')
  member = async () => {
    const owned = openPartition(
      { ...deps, fellows: createFellows(deps) },
      { projection: counting, metrics: projectionMetrics },
      0,
    )
    const [checkpoint] = await takeCheckpoints(test.database, counting, [0], never)
    if (checkpoint === undefined) throw new Error('no checkpoint')
    await owned.take(checkpoint, never)
    return owned
  }
  batchOf = (events, fromOffset) => ({
    topic: 'wa.events',
    partition: 0,
    fromOffset: BigInt(fromOffset),
    nextOffset: BigInt(fromOffset + events.length),
    records: events.map((event, index) => ({
      ...codec.encode(event),
      topic: 'wa.events',
      partition: 0,
      offset: BigInt(fromOffset + index),
    })),
  })
})
afterEach(() => test.close())

const someEvents = (count: number) => Array.from({ length: count }, () => anEvent('message.received'))

it('[D2] of two members on one partition one applies each batch, and the other goes on behind it', async () => {
  const first = someEvents(3)
  const second = someEvents(2)
  const old = await member()
  const current = await member()
  expect(await old.handle(batchOf(first, 0), never)).toEqual({ kind: 'moved', nextOffset: 0n })
  expect(await current.handle(batchOf(first, 0), never)).toEqual({ kind: 'applied' })
  expect(await old.handle(batchOf(first, 0), never)).toEqual({ kind: 'moved', nextOffset: 3n })
  expect(await old.handle(batchOf(second, 3), never)).toEqual({ kind: 'applied' })
  expect(await current.handle(batchOf(second, 3), never)).toEqual({ kind: 'moved', nextOffset: 5n })
  expect((await readCounted(test.database)).map(row => [row.event_id, row.times])).toEqual(
    [...first, ...second].map(event => [event.eventId, 1]),
  )
  expect(appended).toHaveLength(5)
})

it('[B1] what this version does not know is passed over and counted', async () => {
  const [known, newer] = [someEvents(2), someEvents(3)]
  fromTheFuture = newer.map(event => event.eventId)
  expect(await (await member()).handle(batchOf([...newer, ...known], 0), never)).toEqual({ kind: 'applied' })
  expect(await readCounted(test.database)).toHaveLength(2)
  expect(await metrics.render()).toContain('zaplog_projection_passed_over_total{projection="counting"} 3')
})

it('[D2] [G2] an event of an instance that Postgres has no text for stops nobody: it is passed over, and a dead letter', async () => {
  const owned = await member()
  const [before, strange, after] = [
    anEvent('message.received'),
    anEvent('message.received', { instanceId: 'a\0b' }),
    anEvent('message.received'),
  ]
  const batch = batchOf([before, strange, after], 0)
  let outcome = await owned.handle(batch, never)
  for (let tries = 1; outcome.kind === 'retry' && tries < 5; tries++) outcome = await owned.handle(batch, never)
  expect(outcome).toEqual({ kind: 'applied' })
  expect((await readCounted(test.database)).map(row => row.event_id).toSorted()).toEqual(
    [before.eventId, after.eventId].toSorted(),
  )
  const letters = appended.filter(({ headers }) => headers['x-origin-offset'] !== undefined)
  expect(letters).toMatchObject([{ key: 'a\0b', headers: { 'x-origin-offset': '1', 'x-processor': 'counting' } }])
  expect(owned.quarantined()).toEqual([])
})

it('[D2] a batch that does not begin where the projection is changes nothing', async () => {
  const owned = await member()
  expect(await owned.handle(batchOf(someEvents(2), 7), never)).toEqual({ kind: 'moved', nextOffset: 0n })
  expect(await readCounted(test.database)).toEqual([])
})

it('[D2] taking over waits for what the earlier owner is committing, and appends what it left', async () => {
  const old = await member()
  const events = someEvents(2)
  let release: () => void = () => undefined
  const inTransaction = new Promise<void>(entered => {
    counting.inTransaction = () =>
      new Promise(resolve => {
        release = resolve
        entered()
      })
  })
  const applying = old.handle(batchOf(events, 0), never)
  await inTransaction
  logIsUp = false
  const taking = takeCheckpoints(test.database, counting, [0], never)
  await until('the new owner waits for the old one', async () => {
    const waiting = await test.database.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%projection_checkpoints%' and datname = current_database()`,
    )
    return waiting.length === 1
  })
  release()
  expect(await applying).toMatchObject({ kind: 'retry' })
  expect((await taking)[0]?.offsets.get('events')).toBe(2n)
  expect(appended).toEqual([])
  logIsUp = true
  counting.inTransaction = async () => undefined
  await member()
  expect(appended).toHaveLength(2)
})

it('[D2] a step that failed after its commit is not done again', async () => {
  const owned = await member()
  const batch = batchOf(someEvents(2), 0)
  logIsUp = false
  expect(await owned.handle(batch, never)).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no log') })
  expect(await owned.handle(batch, never)).toMatchObject({ kind: 'retry' })
  logIsUp = true
  expect(await owned.handle(batch, never)).toEqual({ kind: 'applied' })
  expect((await readCounted(test.database)).map(row => row.times)).toEqual([1, 1])
  expect(appended).toHaveLength(2)
})

it('[D2] a key that was left out stays so for the next owner, and everybody else goes on', async () => {
  const old = await member()
  counting.refuses.add('shop')
  const spoiled = batchOf(someEvents(1), 0)
  expect(await old.handle(spoiled, never)).toMatchObject({ kind: 'retry' })
  expect(await old.handle(spoiled, never)).toMatchObject({ kind: 'retry' })
  expect(await old.handle(spoiled, never)).toEqual({ kind: 'applied' })
  expect(old.quarantined()).toMatchObject([{ key: 'shop', topic: 'events', offset: 0n, code: 'RangeError' }])
  counting.refuses.clear()
  const next = await member()
  expect(next.quarantined()).toMatchObject([{ key: 'shop', topic: 'events', offset: 0n }])
  const other = anEvent('message.received', { instanceId: 'store' })
  expect(await next.handle(batchOf([...someEvents(2), other], 1), never)).toEqual({ kind: 'applied' })
  expect((await readCounted(test.database)).map(row => row.event_id)).toEqual([other.eventId])
})

it('[B7] what a projection reads are topics of the catalogue', () => {
  expect(counting.reads.filter(name => !topics.some(one => one.name === name))).toEqual([])
})
