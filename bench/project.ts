// [D2] Events per second through the projections, each exactly once in effect, from the log in Postgres on; against a raw insert of the rows of
// the read model that came of them (of a part where they are many) into tables of the same columns and indexes, in batches as large, over as
// many connections.
import type { Database } from '../src/database/database.ts'
import { openCodec } from '../src/events/codec.ts'
import type { Event } from '../src/events/event.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { openProjections } from '../src/projections/open-projections.ts'
import type { Projection } from '../src/projections/projection.ts'
import { readModel } from '../src/projections/read-model/read-model.ts'
import { openPostgresRegistry } from '../src/registry/postgres.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { webhookStream } from '../src/webhooks/stream/webhook-stream.ts'
import { makeCheckpoints } from '../test/ground/projections/make-checkpoints.ts'
import { until } from '../test/ground/until.ts'
import { alternate } from './alternate.ts'
import { appendEvents, CHUNK } from './append-events.ts'
import { openBareInserts } from './bare-inserts.ts'
import { consumerGroup, ensureTopics, logger, never, openGround, partitions, poolSize, topic } from './ground.ts'
import { type Bench, expectEqual } from './measure.ts'
import { watchOurselves } from './profile.ts'
import { someConversation, someTexts } from './records.ts'

const slices = 2
const shape = { instances: 50, chatsPerInstance: 20 }

/** Texts, files and what becomes of them, receipts and edits, into the read model. */
export const project: Bench = projecting({ projections: [readModel], n: 20_000, make: count => someConversation(count, shape) })

/** Texts, with everything live that reads them; nobody wants webhooks. */
export const fill = ({ n }: { n: number }): Bench =>
  projecting({ projections: [readModel, webhookStream], n, make: count => someTexts(count, shape) })

type Of = { projections: readonly Projection[]; n: number; make(count: number): readonly Event[] }

function projecting({ projections, n, make }: Of): Bench {
  return async closing => {
    watchOurselves()
    const ground = await openGround(closing)
    const database = await ground.open(poolSize)
    const metrics = createMetrics({ processMetrics: false })
    const log = openPostgresLog({ database, logger, metrics })
    closing.defer(log.close)
    await ensureTopics(log)
    const codec = await openCodec(openPostgresRegistry(database), never)
    for (const projection of projections) await makeCheckpoints(database, projection, partitions)
    const bare = await openBareInserts(database)

    /** From the first batch of a backlog until every row is there, in seconds. */
    const projectAll = async (): Promise<number> => {
      const ends = await Promise.all(projections.map(projection => endOf(database, projection)))
      let startedAt = Number.POSITIVE_INFINITY
      const timed = projections.map(projection => ({
        ...projection,
        gather: (placed: Parameters<Projection['gather']>[0]) => {
          startedAt = Math.min(startedAt, performance.now())
          return projection.gather(placed)
        },
      }))
      const deps = { database, log, codec, topic, consumerGroup, partitions, logger, metrics }
      const role = openProjections({ ...deps, projections: timed })
      const isDone = async () => {
        const read = await Promise.all(projections.map(projection => projected(database, projection)))
        return read.every((count, at) => count === ends[at])
      }
      await until('every event to be projected', isDone, 600_000)
      const seconds = (performance.now() - startedAt) / 1000
      await role.close()
      return seconds
    }

    await appendEvents({ log, codec }, make, CHUNK / 4)
    await projectAll()
    return async () => {
      const before = await projected(database, readModel)
      let eventIds: readonly string[] = []
      const rates = await alternate({
        n,
        bareN: slices * Math.min(CHUNK, n / slices),
        slices,
        statements: ground.statements,
        before: async count => {
          eventIds = await appendEvents({ log, codec }, make, count)
        },
        ours: projectAll,
        between: async count => {
          expectEqual('events of the bare insert', eventIds.length, count)
          await bare.prepare(eventIds)
        },
        bare: bare.insert,
      })
      expectEqual('events that were read', (await projected(database, readModel)) - before, n)
      return { ...rates, unit: 'events/s' }
    }
  }
}

/** Records of the topics that it reads. */
async function endOf(database: Database, { reads }: Projection): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'select count(*)::integer as count from log_records where topic = any($1)',
    [reads.map(topic)],
  )
  return row?.count ?? 0
}

/** Records that are behind its checkpoints. */
async function projected(database: Database, { name }: Projection): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select sum(value::bigint)::integer as count from projection_checkpoints cross join jsonb_each_text(offsets) where projection = $1`,
    [name],
  )
  return row?.count ?? 0
}
