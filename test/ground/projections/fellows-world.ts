// A member that has one partition of the read model and of the webhook stream, on a log in memory; what its steps cost is counted.
import { afterEach, beforeEach } from 'vitest'
import type { Database } from '../../../src/database/database.ts'
import type { Codec } from '../../../src/events/codec.ts'
import type { Event } from '../../../src/events/event.ts'
import { type TopicName, topicOf } from '../../../src/events/topics.ts'
import type { Batch, BatchOutcome, NewRecord } from '../../../src/log/log.ts'
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
import { never, openMemoryCodec } from '../projection-dsl.ts'
import { endpointDeps } from '../webhooks/open-stream.ts'
import { makeCheckpoints } from './make-checkpoints.ts'

export type FellowsWorld = {
  url: string
  database: Database
  readModel: OwnedPartition
  webhooks: OwnedPartition
  /** The next batch of its topic, as a fetch of either projection has it. All events are of one topic. */
  batchOf(...events: readonly Event[]): Batch
  /** Both projections are handed the batch, the webhook stream first. */
  handle(batch: Batch): Promise<readonly BatchOutcome[]>
  endpoint(eventTypes: readonly string[]): Promise<unknown>
  /** The statements of each transaction since the last call, without its begin and commit. */
  transactions(): readonly (readonly string[])[]
  appended: NewRecord[]
}

export function useFellowsWorld(logger: Logger): () => FellowsWorld {
  let world: (FellowsWorld & { close(): Promise<void> }) | null = null
  beforeEach(async () => {
    world = await openWorld(logger)
  })
  afterEach(() => world?.close())
  return () => {
    if (world === null) throw new Error('a world is there while a test runs')
    return world
  }
}

async function openWorld(logger: Logger): Promise<FellowsWorld & { close(): Promise<void> }> {
  const test = await openTestDatabase('fellows', { poolSize: 6 })
  const codec = await openMemoryCodec()
  const appended: NewRecord[] = []
  const counted = countTransactions(test.database)
  const log = {
    append: async ({ records }: { records: readonly NewRecord[] }) => {
      appended.push(...records)
      return []
    },
    read: async function* () {
      yield* []
    },
    inside: null,
  }
  const deps = { database: counted.database, codec, topic: (name: TopicName) => `wa.${name}`, log, logger }
  const fellows = createFellows(deps)
  const open = async (projection: Projection) => {
    await makeCheckpoints(test.database, projection, 1)
    const metrics = openProjectionMetrics(createMetrics({ processMetrics: false }), projection.name)
    const owned = openPartition({ ...deps, fellows }, { projection, metrics }, 0)
    for (const checkpoint of await takeCheckpoints(test.database, projection, [0], never)) await owned.take(checkpoint, never)
    return owned
  }
  const [model, webhooks] = [await open(readModel), await open(webhookStream)]
  const batchOf = openBatches(codec)
  return {
    ...test,
    readModel: model,
    webhooks,
    batchOf,
    handle: async batch => [await webhooks.handle(batch, never), await model.handle(batch, never)],
    endpoint: async eventTypes =>
      createEndpoint(endpointDeps(test), endpointInput.parse({ url: 'https://example.com/', eventTypes }), never),
    transactions: counted.take,
    appended,
  }
}

/** Each topic goes on where its last batch ended. */
function openBatches(codec: Codec): FellowsWorld['batchOf'] {
  const ends = new Map<TopicName, number>()
  return (...events) => {
    const [first] = events
    if (first === undefined) throw new Error('a batch has an event')
    const topic = topicOf(first.type)
    const from = ends.get(topic) ?? 0
    ends.set(topic, from + events.length)
    const records = events.map((event, index) => {
      return { ...codec.encode(event), topic: `wa.${topic}`, partition: 0, offset: BigInt(from + index) }
    })
    return { topic: `wa.${topic}`, partition: 0, fromOffset: BigInt(from), nextOffset: BigInt(from + events.length), records }
  }
}

function countTransactions(database: Database) {
  let seen: string[][] = []
  const counted: Database = {
    ...database,
    transact: (work, signal) =>
      database.transact(tx => {
        const statements: string[] = []
        seen.push(statements)
        return work({
          query: (sql, values) => {
            statements.push(sql)
            return tx.query(sql, values)
          },
        })
      }, signal),
  }
  const take = () => {
    const taken = seen
    seen = []
    return taken
  }
  return { database: counted, take }
}
