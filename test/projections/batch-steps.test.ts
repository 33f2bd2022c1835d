// Several partitions in one transaction: each exactly once in effect, whoever of them moved, fails or is cut meanwhile.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { openSession } from '../../src/database/session.ts'
import type { Codec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import type { Append, Batch, NewRecord } from '../../src/log/log.ts'
import { LogError } from '../../src/log/log.ts'
import { takeCheckpoints } from '../../src/projections/checkpoints.ts'
import { createFellows, type Fellows } from '../../src/projections/fellows.ts'
import { type OwnedPartition, openPartition } from '../../src/projections/partition.ts'
import { openProjectionMetrics } from '../../src/projections/projection-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { flaky, type Plan } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openMemoryCodec } from '../ground/projection-dsl.ts'
import { type Counting, openCounting, readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['projection.quarantined', 'projection.record-parked'])
/** One instance lives in each. */
const instances = ['shop', 'store', 'kiosk', 'stall']
let test: TestDatabase
let counting: Counting
let codec: Codec
let appended: NewRecord[]
let logIsUp: boolean
/** Why the topic of deliveries never takes this record; null: it does. */
let refusalOf: (record: NewRecord) => LogError | null
/** How many partitions each transaction that got as far as its rows had. */
let sizes: number[]
/** Whose steps asked to be alone. */
let alone: number[]
beforeEach(async () => {
  test = await openTestDatabase('projection batch steps', { poolSize: 8 })
  counting = await openCounting(test.database, { emits: true })
  await makeCheckpoints(test.database, counting, instances.length)
  codec = await openMemoryCodec()
  appended = []
  logIsUp = true
  refusalOf = () => null
  sizes = []
  alone = []
})
afterEach(() => test.close())

/** A member that owns every partition; `plan`: faults of its database. */
async function openMember(plan: Plan = () => null): Promise<readonly OwnedPartition[]> {
  const deps = {
    database: flaky(test.database, plan),
    codec,
    topic: (name: string) => `wa.${name}`,
    log: {
      inside: null,
      lag: async () => [],
      append: async ({ topic, records }: Append) => {
        if (!logIsUp) throw new LogError('unavailable', 'appending: no log')
        const refusal = topic === 'wa.dead-letters' ? null : records.map(refusalOf).find(one => one !== null)
        if (refusal) throw refusal
        appended.push(...records)
        return []
      },
      read: async function* () {
        yield* []
      },
    },
    logger,
  }
  counting.inTransaction = async placed => void sizes.push(new Set(placed.map(one => one.position.partition)).size)
  const running = { projection: counting, metrics: openProjectionMetrics(createMetrics({ processMetrics: false }), 'counting') }
  const all = createFellows(deps)
  const fellows: Fellows = {
    ...all,
    takeBatch: those => (step, how, signal) => {
      if (how.alone) alone.push(step.partition)
      return all.takeBatch(those)(step, how, signal)
    },
  }
  const partitions = instances.map((_, partition) => openPartition({ ...deps, fellows }, running, partition))
  const checkpoints = await takeCheckpoints(
    test.database,
    counting,
    partitions.map(one => one.partition),
    never,
  )
  for (const checkpoint of checkpoints) await partitions[checkpoint.partition]?.take(checkpoint, never)
  return partitions
}

const eventsOf = (partition: number, count: number): readonly Event[] =>
  Array.from({ length: count }, () => anEvent('message.received', { instanceId: instances[partition] ?? '' }))
const batchOf = (partition: number, events: readonly Event[]): Batch => ({
  topic: 'wa.events',
  partition,
  fromOffset: 0n,
  nextOffset: BigInt(events.length),
  records: events.map((event, offset) => ({ ...codec.encode(event), topic: 'wa.events', partition, offset: BigInt(offset) })),
})

/** One batch for each partition at once; the first begins alone, and the others share a transaction. */
async function handleAll(owned: readonly OwnedPartition[], events: readonly (readonly Event[])[]) {
  return Promise.all(owned.map((one, partition) => one.handle(batchOf(partition, events[partition] ?? []), never)))
}
const allEvents = () => instances.map((_, partition) => eventsOf(partition, 3))
const idsOf = (events: readonly (readonly Event[])[]) => events.flat().map(event => event.eventId)
const offsets = () =>
  test.database.query(
    `select partition, offsets ->> 'events' as events from projection_checkpoints where offsets ->> 'events' <> '0' order by partition`,
  )
const applied = { kind: 'applied' }

/** Whatever order the partitions had: each event once, and what it owes once and in order. */
async function expectOnce(events: readonly (readonly Event[])[]): Promise<void> {
  const counted = await readCounted(test.database)
  expect(counted.every(row => row.times === 1)).toBe(true)
  for (const [partition, own] of events.entries()) {
    expect(counted.filter(row => row.instance_id === instances[partition]).map(row => row.event_id)).toEqual(idsOf([own]))
    const owed = appended.filter(record => record.key === instances[partition])
    const bodies = await Promise.all(owed.map(record => codec.decode(record.value, never)))
    expect(bodies).toMatchObject(own.map(event => ({ body: event.eventId })))
  }
  expect(await test.database.query('select from projection_outbox')).toEqual([])
}

it('[D2] batches of several partitions share a transaction: rows, checkpoints and what they owe, each once and in order', async () => {
  const owned = await openMember()
  const events = allEvents()
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  expect(sizes).toEqual([1, 3])
  await expectOnce(events)
  expect(await offsets()).toEqual(instances.map((_, partition) => ({ partition, events: '3' })))
})

it('[D2] a partition that another owner took is left out of the transaction, and the others are in it', async () => {
  const owned = await openMember()
  await takeCheckpoints(test.database, counting, [2], never)
  const events = allEvents()
  expect(await handleAll(owned, events)).toEqual([applied, applied, { kind: 'moved', nextOffset: 0n }, applied])
  expect(sizes).toEqual([1, 2])
  await expectOnce(events.toSpliced(2, 1, []))
})

it('[D2] a transaction waits for whoever is taking one of its partitions over, and leaves that one out', async () => {
  const owned = await openMember()
  const [locked, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const taking = test.database.transact(async tx => {
    await tx.query('update projection_checkpoints set revision = revision + 1 where partition = 2')
    locked.resolve()
    await taken.promise
  }, never)
  await locked.promise
  const events = allEvents()
  const handled = handleAll(owned, events)
  await until('the transaction waits', async () => {
    const waiting = await test.database.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%projection_checkpoints%' and datname = current_database()`,
    )
    return waiting.length === 1
  })
  taken.resolve()
  await taking
  expect(await handled).toEqual([applied, applied, { kind: 'moved', nextOffset: 0n }, applied])
  await expectOnce(events.toSpliced(2, 1, []))
})

it('[D2] a record that spoils a transaction keeps nobody else from going on, and leaves out its own instance', async () => {
  const owned = await openMember()
  counting.refuses.add('kiosk')
  const events = allEvents()
  const [first, second, third, fourth] = await handleAll(owned, events)
  expect([first, second, fourth]).toEqual([applied, applied, applied])
  expect(third).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no row for') })
  await expectOnce(events.toSpliced(2, 1, []))
  const spoiled = batchOf(2, events[2] ?? [])
  expect(await owned[2]?.handle(spoiled, never)).toMatchObject({ kind: 'retry' })
  expect(await owned[2]?.handle(spoiled, never)).toEqual(applied)
  expect(owned[2]?.quarantined()).toMatchObject([{ key: 'kiosk', topic: 'events', offset: 0n }])
  expect(owned.filter(one => one.quarantined().length > 0)).toHaveLength(1)
  expect(alone).toEqual([2, 2, 2])
})

it('[D2] a record that cannot be read leaves out its instance in the transaction that it shares', async () => {
  const owned = await openMember()
  const events = allEvents()
  const unreadable = { ...batchOf(2, events[2] ?? []) }
  const records = unreadable.records.map((record, nth) => (nth === 1 ? { ...record, value: Buffer.from('no avro') } : record))
  const handled = owned.map((one, partition) =>
    one.handle(partition === 2 ? { ...unreadable, records } : batchOf(partition, events[partition] ?? []), never),
  )
  expect(await Promise.all(handled)).toEqual(instances.map(() => applied))
  expect(sizes).toEqual([1, 3])
  expect(owned.map(one => one.quarantined().map(left => [left.key, left.offset]))).toEqual([[], [], [['kiosk', 1n]], []])
  const rows = await test.database.query('select partition, key, "offset", offsets from projection_quarantine')
  expect(rows).toMatchObject([{ partition: 2, key: 'kiosk', offset: '1', offsets: { events: '1' } }])
  await expectOnce(events.toSpliced(2, 1, (events[2] ?? []).slice(0, 1)))
})

it('[D2] a transaction whose answer was lost is done once: each of its partitions goes on behind it', async () => {
  const lost = new DatabaseError('commit-unknown', 'committing a transaction: the answer was lost')
  let transactions = 0
  const owned = await openMember(({ name }) => (name === 'transact' && ++transactions === 2 ? { failAfter: lost } : null))
  const events = allEvents()
  const behind = { kind: 'moved', nextOffset: 3n }
  expect(await handleAll(owned, events)).toEqual([applied, behind, behind, behind])
  expect(sizes).toEqual([1, 3])
  await expectOnce(events)
})

it('[D2] while Postgres is away every partition waits, and goes on by itself when it is back', async () => {
  const refused = new DatabaseError('unreachable', 'connecting: refused')
  let transactions = 0
  const owned = await openMember(({ name }) => (name === 'transact' && ++transactions === 2 ? { fail: refused } : null))
  const events = allEvents()
  const away = { kind: 'retry', reason: expect.stringContaining('connecting: refused') }
  expect(await handleAll(owned, events)).toMatchObject([applied, away, away, away])
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  expect(sizes).toEqual([1, 1, 2])
  await expectOnce(events)
})

it('[D2] a lock that a step waits for in vain is nobody else’s concern', async () => {
  const locked = new DatabaseError('timeout', 'running a step: canceling statement due to lock timeout')
  let transactions = 0
  const owned = await openMember(({ name }) => (name === 'transact' && ++transactions === 2 ? { fail: locked } : null))
  const events = allEvents()
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  expect(sizes).toEqual([1, 1, 1, 1])
  await expectOnce(events)
})

it('[D2] while somebody holds a row of one partition the others wait once for it, and go on', async () => {
  const owned = await openMember()
  const lock = await openSession({ url: test.url, applicationName: 'lock' }, never)
  await lock.query('begin')
  await lock.query('select from projection_checkpoints where partition = 1 for update')
  const events = allEvents()
  expect(await handleAll(owned, events)).toMatchObject([applied, { kind: 'retry' }, applied, applied])
  await lock.query('commit')
  await lock.close()
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  await expectOnce(events)
})

it('[D2] while the log is away every partition owes what it emitted, and pays before it goes on', async () => {
  const owned = await openMember()
  logIsUp = false
  const events = allEvents()
  for (const outcome of await handleAll(owned, events))
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no log') })
  const owed = 'select partition, count(*)::integer as records from projection_outbox group by partition order by partition'
  expect(await test.database.query(owed)).toEqual(instances.map((_, partition) => ({ partition, records: 3 })))
  logIsUp = true
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  await expectOnce(events)
})

it('[D2] [E7] what the log refuses for good of a partition becomes a dead letter, is said, and holds up nothing behind it', async () => {
  const owned = await openMember()
  const events = allEvents()
  let refused: string | undefined
  refusalOf = ({ headers }) => {
    refused ??= headers['event-id']
    return headers['event-id'] === refused ? new LogError('record-too-large', 'appending: 2 bytes are taken') : null
  }
  await handleAll(owned, events)
  expect(await handleAll(owned, events)).toEqual(instances.map(() => applied))
  await expectOnce(events)
  const letters = appended.filter(({ headers }) => headers['x-error-code'] !== undefined)
  expect(letters).toMatchObject([
    {
      headers: {
        'event-id': refused,
        'x-error-code': 'record-too-large',
        'x-origin-topic': 'wa.webhook-deliveries',
        'x-origin-offset': '-1',
      },
    },
  ])
  expect(logger.lines.filter(line => line.event === 'projection.record-parked')).toMatchObject([{ fields: { eventId: refused } }])
})
