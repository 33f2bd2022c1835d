// [D3] Events per second that a rebuild of the read model takes in, from the first record on, while nothing live comes: from when a process takes it
// until it has come as far as what is read, its tables, their indexes and their statistics included; against a raw insert of the rows that came of
// a part of the same events. 20,000 is the bound.
import type { Database } from '../src/database/database.ts'
import { openSession } from '../src/database/session.ts'
import { openCodec } from '../src/events/codec.ts'
import { partitionOf } from '../src/log/append/partitioner.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { openProjections } from '../src/projections/open-projections.ts'
import { readModel } from '../src/projections/read-model/read-model.ts'
import { openRebuilds } from '../src/projections/rebuild/open-rebuilds.ts'
import { beginRebuild, cancel, findRebuild, type Rebuild } from '../src/projections/rebuild/queries.ts'
import { openPostgresRegistry } from '../src/registry/postgres.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { makeCheckpoints } from '../test/ground/projections/make-checkpoints.ts'
import { until } from '../test/ground/until.ts'
import { alternate } from './alternate.ts'
import { appendEvents, CHUNK } from './append-events.ts'
import { openBareInserts } from './bare-inserts.ts'
import { consumerGroup, ensureTopics, logger, never, openGround, partitions, poolSize, topic } from './ground.ts'
import { type Bench, expectEqual } from './measure.ts'
import { watchOurselves } from './profile.ts'
import { someConversation } from './records.ts'

const slices = 2
const shape = { instances: 50, chatsPerInstance: 20 }
/** Of a rebuild, as the role has it. */
const rebuilderPoolSize = 6
const WITHIN_MS = 600_000

/** `n`: in the log, all of which each rebuild reads. */
export const rebuild =
  ({ n }: { n: number }): Bench =>
  async closing => {
    watchOurselves()
    const ground = await openGround(closing)
    const [database, own] = [await ground.open(poolSize), await ground.open(rebuilderPoolSize)]
    const metrics = createMetrics({ processMetrics: false })
    const log = openPostgresLog({ database, logger, metrics })
    closing.defer(log.close)
    await ensureTopics(log)
    const codec = await openCodec(openPostgresRegistry(database), never)
    await makeCheckpoints(database, readModel, partitions)
    const eventIds = await appendEvents({ log, codec }, count => someConversation(count, shape), n)
    const shared = { log, codec, topic, partitions, logger, metrics }
    const projections = openProjections({ ...shared, database, consumerGroup, projections: [readModel] })
    closing.defer(projections.close)
    await until('every event to be projected', async () => (await projected(database)) === n, WITHIN_MS)
    const bare = await openBareInserts(database)
    await bare.prepare(eventIds)
    const role = openRebuilds({
      ...shared,
      leaseDatabase: database,
      openDatabase: async () => ({ ...own, close: async () => undefined }),
      logOver: () => log,
      openIndexSession: signal =>
        openSession({ url: ground.url, applicationName: 'bench indexes', statementTimeoutMs: WITHIN_MS }, signal),
      partitionOf: key => partitionOf(key, partitions),
      earlierSecrets: { keep: async () => undefined, find: async () => [] },
    })
    closing.defer(role.close)
    let compareMs = 0

    return async () => {
      const rates = await alternate({
        n: n * slices,
        bareN: slices * Math.min(CHUNK, n),
        slices,
        statements: ground.statements,
        ours: async () => {
          const filled = await rebuildOnce(database)
          expectEqual('rows that differ', differing(filled), 0)
          compareMs = msBetween(filled.filledAt, filled.comparedAt)
          return msBetween(filled.startedAt, filled.filledAt) / 1000
        },
        between: () => bare.prepare(eventIds),
        bare: bare.insert,
      })
      return { ...rates, unit: 'events/s', more: { compareMs } }
    }
  }

/** Compared, and gone again. */
async function rebuildOnce(database: Database): Promise<Rebuild> {
  const begun = await beginRebuild(database, { projection: readModel.name, swap: 'manual' })
  if (begun.kind !== 'begun') throw new Error(`beginning a rebuild: ${begun.kind}`)
  const { rebuildId } = begun.rebuild
  const ready = await until('the rebuild to be ready', () => inState(database, rebuildId, 'ready'), WITHIN_MS)
  await cancel(database, rebuildId, ['ready'])
  await until('its tables to be gone', async () => (await findRebuild(database, rebuildId))?.hasTables === false, WITHIN_MS)
  return ready
}

async function inState(database: Database, rebuildId: string, state: Rebuild['state']): Promise<Rebuild | null> {
  const seen = await findRebuild(database, rebuildId)
  if (seen?.state === 'failed') throw new Error(`rebuilding: it failed: ${seen.why}`)
  return seen?.state === state ? seen : null
}

const differing = ({ compared }: Rebuild): number =>
  (compared ?? []).reduce((sum, one) => sum + one.missing + one.extra + one.differing + one.copied, 0)

const msBetween = (from: Date | null, to: Date | null): number => (to?.getTime() ?? 0) - (from?.getTime() ?? 0)

/** Records that are behind the checkpoints of what is read. */
async function projected(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select sum(value::bigint)::integer as count from projection_checkpoints cross join jsonb_each_text(offsets) where projection = $1`,
    [readModel.name],
  )
  return row?.count ?? 0
}
