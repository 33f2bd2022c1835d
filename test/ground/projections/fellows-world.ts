// A member that has two partitions of the read model and of the webhook stream; what its steps cost is counted. The log is in memory, or in the
// database, where what a step owes is appended inside of its transaction.
import { afterEach, beforeEach } from 'vitest'
import type { Database } from '../../../src/database/database.ts'
import type { Codec } from '../../../src/events/codec.ts'
import type { Event } from '../../../src/events/event.ts'
import { type TopicName, topicOfEvent } from '../../../src/events/topics.ts'
import type { AppendInside, Batch, BatchOutcome, EventLog, NewRecord } from '../../../src/log/log.ts'
import { takeCheckpoints } from '../../../src/projections/checkpoints.ts'
import { createFellows } from '../../../src/projections/fellows.ts'
import { type OwnedPartition, openPartition } from '../../../src/projections/partition.ts'
import type { Projection } from '../../../src/projections/projection.ts'
import { openProjectionMetrics } from '../../../src/projections/projection-metrics.ts'
import { readModel } from '../../../src/projections/read-model/read-model.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { createEndpoint, endpointInput } from '../../../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../../../src/webhooks/stream/webhook-stream.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'
import { never, openMemoryCodec } from '../projection-dsl.ts'
import { endpointDeps } from '../webhooks/open-stream.ts'
import { type Counted, countStatements } from './count-statements.ts'
import { makeCheckpoints } from './make-checkpoints.ts'

type Pair = { readModel: OwnedPartition; webhooks: OwnedPartition }
/** Those of partition 0 by themselves. */
export type FellowsWorld = Pair & {
  url: string
  database: Database
  pairs: readonly Pair[]
  /** The next batch of its topic in partition 0, as a fetch of either projection has it. All events are of one topic. */
  batchOf(...events: readonly Event[]): Batch
  batchIn(partition: number, ...events: readonly Event[]): Batch
  /** Both projections are handed the batch, the webhook stream first. */
  handle(batch: Batch): Promise<readonly BatchOutcome[]>
  endpoint(eventTypes: readonly string[]): Promise<unknown>
  transactions: Counted['transactions']
  statements: Counted['statements']
  /** What the log was given outside of transactions; all that a log in memory has. */
  appended: NewRecord[]
  faults: Faults
}
type Faults = {
  nowMs: number
  beforeAppend(): Promise<void>
  beforeCommit(): Promise<void>
  /** `committed`: a transaction; `told`: the log, of what was appended inside of one. */
  happened: string[]
}

export function useFellowsWorld(logger: Logger, { inside = false } = {}): () => FellowsWorld {
  let world: (FellowsWorld & { close(): Promise<void> }) | null = null
  beforeEach(async () => {
    world = await openWorld(logger, inside)
  })
  afterEach(() => world?.close())
  return () => {
    if (world === null) throw new Error('a world is there while a test runs')
    return world
  }
}

const PARTITIONS = 2

async function openWorld(logger: Logger, inside: boolean): Promise<FellowsWorld & { close(): Promise<void> }> {
  const test = await openTestDatabase('fellows', { poolSize: 6 })
  const its = inside ? await openTestLog(test, { partitions: 1 }) : { codec: await openMemoryCodec(), log: null }
  const faults: Faults = { nowMs: 0, happened: [], beforeAppend: async () => undefined, beforeCommit: async () => undefined }
  const appended: NewRecord[] = []
  const committed = () => void faults.happened.push('committed')
  const counted = countStatements(test.database, { beforeCommit: () => faults.beforeCommit(), committed })
  const log = {
    append: async (append: Parameters<EventLog['append']>[0], signal: AbortSignal) => {
      await faults.beforeAppend()
      signal.throwIfAborted()
      appended.push(...append.records)
      return its.log === null ? [] : its.log.append(append, signal)
    },
    read: async function* () {
      yield* []
    },
    lag: async () => [],
    inside: its.log === null ? null : telling(its.log.inside, faults),
  }
  const deps = { database: counted.database, codec: its.codec, topic: (name: TopicName) => `wa.${name}`, log, logger }
  const fellows = createFellows({ ...deps, nowMs: () => faults.nowMs })
  const open = async (projection: Projection) => {
    await makeCheckpoints(test.database, projection, PARTITIONS)
    const metrics = openProjectionMetrics(createMetrics({ processMetrics: false }), projection.name)
    const owned = [0, 1].map(partition => openPartition({ ...deps, fellows }, { projection, metrics }, partition))
    for (const checkpoint of await takeCheckpoints(test.database, projection, [0, 1], never))
      await owned[checkpoint.partition]?.take(checkpoint, never)
    return owned
  }
  const [models, streams] = [await open(readModel), await open(webhookStream)]
  const pairs = models.map((model, partition) => ({ readModel: model, webhooks: streams[partition] ?? lost() }))
  const [first = lost()] = pairs
  const batchIn = openBatches(its.codec)
  return {
    ...test,
    ...first,
    pairs,
    batchOf: (...events) => batchIn(0, ...events),
    batchIn,
    handle: async batch => {
      const { webhooks, readModel: model } = pairs[batch.partition] ?? lost()
      return [await webhooks.handle(batch, never), await model.handle(batch, never)]
    },
    endpoint: async eventTypes =>
      createEndpoint(endpointDeps(test), endpointInput.parse({ url: 'https://example.com/', eventTypes }), never),
    transactions: counted.transactions,
    statements: counted.statements,
    appended,
    faults,
    close: async () => {
      await Promise.all(pairs.flatMap(pair => [pair.readModel.idle(), pair.webhooks.idle()]))
      await its.log?.close()
      await test.close()
    },
  }
}

const lost = (): never => {
  throw new Error('no such partition')
}

const telling = (inside: AppendInside | null, faults: Faults): AppendInside | null =>
  inside && {
    ...inside,
    committed: (rows, prepared) => {
      faults.happened.push('told')
      inside.committed(rows, prepared)
    },
  }

/** Each topic of a partition goes on where its last batch ended. */
function openBatches(codec: Codec): FellowsWorld['batchIn'] {
  const ends = new Map<string, number>()
  return (partition, ...events) => {
    const [first] = events
    if (first === undefined) throw new Error('a batch has an event')
    const topic = `wa.${topicOfEvent(first)}`
    const from = ends.get(`${topic}/${partition}`) ?? 0
    const end = from + events.length
    ends.set(`${topic}/${partition}`, end)
    const records = events.map((event, index) => ({ ...codec.encode(event), topic, partition, offset: BigInt(from + index) }))
    return { topic, partition, fromOffset: BigInt(from), nextOffset: BigInt(end), records }
  }
}
