// A database and a log with the read model running on them, and rebuilds of it, every wait a tenth or less of the real ones.
import { openSession } from '../../../src/database/session.ts'
import type { Event } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import { partitionOf } from '../../../src/log/append/partitioner.ts'
import { openProjections } from '../../../src/projections/open-projections.ts'
import type { Projection } from '../../../src/projections/projection.ts'
import { readModel, readModelTables } from '../../../src/projections/read-model/read-model.ts'
import { openRebuilds, type RebuildsDeps } from '../../../src/projections/rebuild/open-rebuilds.ts'
import { beginRebuild, findRebuild, type Rebuild } from '../../../src/projections/rebuild/queries.ts'
import { watchLateness } from '../../../src/runtime/lateness.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'
import { collectLogLines } from '../log-lines.ts'
import { never } from '../projection-dsl.ts'
import { dumpTables } from '../standing-property.ts'
import { until } from '../until.ts'
import { makeCheckpoints } from './make-checkpoints.ts'

export const PARTITIONS = 3
export type RebuildWorld = Awaited<ReturnType<typeof openRebuildWorld>>

/** `projections`: those that are read; they run until the world is closed. */
export async function openRebuildWorld(name: string, projections: readonly Projection[] = [readModel]) {
  const test = await openTestDatabase(name, { poolSize: 12 })
  const its = await openTestLog(test, { partitions: PARTITIONS })
  const { database } = test
  const logger = collectLogLines()
  const metrics = createMetrics({ processMetrics: false })
  const open: Role[] = []
  for (const projection of projections) await makeCheckpoints(database, projection, PARTITIONS)
  const shared = { ...its, database, partitions: PARTITIONS, logger, metrics }
  open.push(openProjections({ ...shared, projections, consumerGroup: of => `zaplog.${of}` }))

  /** A process that has the role. */
  function rebuilds(more: Partial<RebuildsDeps> = {}): Role {
    const role = openRebuilds({
      ...shared,
      leaseDatabase: database,
      openDatabase: async () => ({ ...database, close: async () => undefined }),
      logOver: () => its.log,
      openIndexSession: signal => openSession({ url: test.url, applicationName: 'indexes' }, signal),
      partitionOf: key => partitionOf(key, PARTITIONS),
      earlierSecrets: { keep: async () => undefined, find: async () => [] },
      lateness: watchLateness(),
      ...{ pollMs: 20, leaseMs: 2_000, lookEveryMs: 20, tryAgainMs: 50 },
      ...more,
    })
    open.push(role)
    return role
  }

  async function begin(swap: 'auto' | 'manual' = 'auto'): Promise<Rebuild> {
    const begun = await beginRebuild(database, { projection: readModel.name, swap })
    if (begun.kind !== 'begun') throw new Error(`expected a rebuild to begin, got ${begun.kind}`)
    return begun.rebuild
  }

  const rebuild = async ({ rebuildId }: Rebuild): Promise<Rebuild> => {
    const found = await findRebuild(database, rebuildId)
    if (found === null) throw new Error(`there is no rebuild ${rebuildId}`)
    return found
  }

  async function untilIs(one: Rebuild, state: Rebuild['state']): Promise<Rebuild> {
    await until(`the rebuild is ${state}`, async () => (await rebuild(one)).state === state).catch(async error => {
      throw new Error(JSON.stringify([await rebuild(one), logger.lines.slice(-5)]), { cause: error })
    })
    return rebuild(one)
  }

  async function append(events: readonly Event[]): Promise<void> {
    for (const [topic, of] of Map.groupBy(events, event => its.topic(topicOfEvent(event))))
      await its.log.append({ topic, records: of.map(event => its.codec.encode(event)) }, never)
  }

  /** Offsets of a projection, summed up. */
  async function readBy(of: string): Promise<number> {
    const [row] = await database.query<{ records: number }>(
      `select coalesce(sum(value::bigint), 0)::integer as records from projection_checkpoints cross join jsonb_each_text(offsets)
       where projection = $1`,
      [of],
    )
    return row?.records ?? 0
  }
  async function inLog(): Promise<number> {
    const lags = await Promise.all(readModel.reads.map(topic => its.log.positionsAt(its.topic(topic), 'end', never)))
    return lags.flat().reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0)
  }

  return {
    ...{ test, its, database, logger, metrics, rebuilds, begin, rebuild, untilIs, append },
    untilRead: (of = readModel.name) => until(`${of} has read all`, async () => (await readBy(of)) === (await inLog())),
    /** Every row of what is read. */
    rows: async () => Object.values(await dumpTables(database, readModelTables)),
    /** Every row of what is beside it. */
    besides: async () =>
      Object.values(
        await dumpTables(
          database,
          readModelTables.map(table => table.replace('read_model_1', beside)),
        ),
      ),
    hasBesides: async () => (await database.query('select from pg_namespace where nspname = $1', [beside])).length > 0,
    close: async () => {
      await Promise.all(open.map(role => role.close()))
      await its.close()
      await test.close()
    },
  }
}

export const beside = 'read_model_rebuild_1'
