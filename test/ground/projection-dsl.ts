// given(...).when(...).thenRow(...) for projections: events pass through the codec and the runner's own steps, on a real database, without a log.
import { expect } from 'vitest'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { type TopicName, topicOfEvent } from '../../src/events/topics.ts'
import type { BatchOutcome, EventLog, LogRecord, NewRecord } from '../../src/log/log.ts'
import { takeCheckpoints } from '../../src/projections/checkpoints.ts'
import { createFellows } from '../../src/projections/fellows.ts'
import { type OwnedPartition, openPartition } from '../../src/projections/partition.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { openProjectionMetrics } from '../../src/projections/projection-metrics.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { makeCheckpoints } from './projections/make-checkpoints.ts'

export type Expected = Readonly<Record<string, unknown>>
export type Told = {
  /** More events, of whichever topics: each goes to the end of its own. */
  when(...events: readonly Event[]): Told
  /** Exactly one row of `table` has the columns of `where`, and it has those of `expected` too. */
  thenRow(table: string, where: Expected, expected: Expected): Promise<Told>
  thenNoRow(table: string, where: Expected): Promise<Told>
  /** What was appended to the log, in order. */
  thenEmitted(expected: readonly Expected[]): Promise<Told>
}
/** One partition of every topic, and a projection that owns it. */
export type ProjectionWorld = {
  append(events: readonly Event[]): Promise<void>
  /** An event of an instance, of a type that this version does not know. */
  appendNewer(instanceId: string): Promise<void>
  /** Projects up to `maxRecords` of one topic; how many there were. */
  projectBatch(topic: TopicName, maxRecords: number): Promise<number>
  projectAll(): Promise<void>
  owned: OwnedPartition
  emitted(): readonly Event[]
}
export type ProjectionDsl = {
  test: TestDatabase
  codec: Codec
  given(...events: readonly Event[]): Told
  /** Everything forgotten: tables, checkpoint, topics. */
  freshWorld(): Promise<ProjectionWorld>
  /** A fresh world in which these have happened, and are rows. */
  projected(...events: readonly Event[]): Promise<ProjectionWorld>
  close(): Promise<void>
}
type Options = { tables: readonly string[]; logger?: Logger }

export const never = new AbortController().signal
const PARTITION = 0

/** `tables`: the projection's own, emptied for each world. */
export async function openProjectionDsl(name: string, projection: Projection, options: Options): Promise<ProjectionDsl> {
  const test = await openTestDatabase(name)
  const codec = await openMemoryCodec()
  const runners = ['projection_checkpoints', 'projection_seen', 'projection_outbox', 'projection_quarantine']
  const { tables, logger = silent } = options

  async function freshWorld(): Promise<ProjectionWorld> {
    await test.database.query(`truncate ${[...tables, ...runners].join(', ')} restart identity`)
    await makeCheckpoints(test.database, projection, 1)
    const topics = openMemoryTopics()
    const metrics = openProjectionMetrics(createMetrics({ processMetrics: false }), projection.name)
    const deps = { database: test.database, codec, topic: prefixed, log: topics, logger }
    const owned = openPartition({ ...deps, fellows: createFellows(deps) }, { projection, metrics }, PARTITION)
    const [checkpoint] = await takeCheckpoints(test.database, projection, [PARTITION], never)
    if (checkpoint === undefined) throw new Error('no checkpoint was made')
    await owned.take(checkpoint, never)
    return worldOf(projection, { codec, owned, topics })
  }

  async function projected(...events: readonly Event[]): Promise<ProjectionWorld> {
    const world = await freshWorld()
    await world.append(events)
    await world.projectAll()
    return world
  }

  const given = (...events: readonly Event[]) => tell(test, freshWorld(), events)
  return { test, codec, given, freshWorld, projected, close: test.close }
}

const prefixed = (name: TopicName) => `wa.${name}`

function worldOf(
  projection: Projection,
  { codec, owned, topics }: { codec: Codec; owned: OwnedPartition; topics: MemoryTopics },
): ProjectionWorld {
  const emitted: Event[] = []
  const projectBatch = async (topic: TopicName, maxRecords: number) => {
    const fromOffset = owned.offsets().get(topic) ?? 0n
    const records = topics.records(prefixed(topic)).slice(Number(fromOffset), Number(fromOffset) + maxRecords)
    if (records.length === 0) return 0
    const nextOffset = fromOffset + BigInt(records.length)
    await applied(owned, { topic: prefixed(topic), partition: PARTITION, fromOffset, nextOffset, records })
    return records.length
  }
  return {
    owned,
    projectBatch,
    append: async events => {
      for (const event of events) topics.put(prefixed(topicOfEvent(event)), codec.encode(event))
    },
    appendNewer: async instanceId => {
      topics.put(prefixed('events'), { key: instanceId, value: newerValue, headers: {}, recordedAt: 0 })
    },
    projectAll: async () => {
      for (const topic of projection.reads) while ((await projectBatch(topic, 1_000)) > 0);
      for (const { value } of topics.takeAppended()) {
        const event = await codec.decode(value, never)
        if (event !== null) emitted.push(event)
      }
    },
    emitted: () => emitted,
  }
}

/** A batch that spoils is retried and narrowed down, as the log's adapters do it. */
async function applied(owned: OwnedPartition, batch: Parameters<OwnedPartition['handle']>[0]): Promise<void> {
  const answers: BatchOutcome[] = []
  while (answers.length < 10) {
    const answer = await owned.handle(batch, never)
    if (answer.kind === 'applied' || answer.kind === 'moved') return
    answers.push(answer)
  }
  throw new Error(`a batch was not applied: ${JSON.stringify(answers)}`)
}

function tell(test: TestDatabase, opening: Promise<ProjectionWorld>, first: readonly Event[]): Told {
  let projected = opening.then(async world => {
    await world.append(first)
    await world.projectAll()
    return world
  })
  const rowsOf = async (table: string, where: Expected) => {
    await projected
    const terms = Object.keys(where).map((column, index) => `${column} is not distinct from $${index + 1}`)
    return test.database.query<Expected>(
      `select * from ${table}${terms.length === 0 ? '' : ` where ${terms.join(' and ')}`}`,
      Object.values(where),
    )
  }
  const told: Told = {
    when: (...events) => {
      projected = projected.then(async world => {
        await world.append(events)
        await world.projectAll()
        return world
      })
      return told
    },
    thenRow: async (table, where, expected) => {
      const rows = await rowsOf(table, where)
      expect(rows, `rows of ${table} with ${JSON.stringify(where)}`).toHaveLength(1)
      expect(rows[0]).toMatchObject(expected)
      return told
    },
    thenNoRow: async (table, where) => {
      expect(await rowsOf(table, where)).toEqual([])
      return told
    },
    thenEmitted: async expected => {
      const world = await projected
      expect(world.emitted()).toMatchObject([...expected])
      return told
    },
  }
  return told
}

type MemoryTopics = Pick<EventLog, 'append' | 'read' | 'lag' | 'inside'> & {
  put(topic: string, record: NewRecord): void
  records(topic: string): readonly LogRecord[]
  /** What the projection itself appended since the last call. */
  takeAppended(): readonly NewRecord[]
}

function openMemoryTopics(): MemoryTopics {
  const topics = new Map<string, LogRecord[]>()
  let appended: NewRecord[] = []
  const records = (topic: string) => topics.get(topic) ?? []
  return {
    records,
    put: (topic, record) => {
      topics.set(topic, [...records(topic), { ...record, topic, partition: PARTITION, offset: BigInt(records(topic).length) }])
    },
    inside: null,
    lag: async () => [],
    append: async append => {
      appended.push(...append.records)
      return []
    },
    takeAppended: () => {
      const taken = appended
      appended = []
      return taken
    },
    read: async function* (topic, { from, until }) {
      const edge = (at: typeof from | null, fallback: number) => (Array.isArray(at) ? Number(at[0]?.nextOffset ?? 0n) : fallback)
      yield* records(topic).slice(edge(from, 0), edge(until, records(topic).length))
    },
  }
}

/** Of a type that nobody knows yet. */
const newer = { id: 1_000_000, subject: 'Newer', text: JSON.stringify({ type: 'record', name: 'Newer', fields: [] }) }
const newerValue = Buffer.alloc(5)
newerValue.writeInt32BE(newer.id, 1)

/** A codec whose schema ids live as long as it does. */
export function openMemoryCodec(): Promise<Codec> {
  const schemas: { subject: string; text: string }[] = []
  return openCodec(
    {
      idOf: async schema => schemas.push(schema),
      schemaOf: async id => (id === newer.id ? newer : (schemas[id - 1] ?? null)),
    },
    never,
  )
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
