// Rebuilds for whoever asks for them: what would be read, one that is begun, how far one is, and what is wanted of it next.
import type { Transaction } from '../../database/database.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog } from '../../log/log.ts'
import { readCheckpoints } from '../checkpoints.ts'
import { schemaOf } from '../make-tables.ts'
import { listQuarantined, type Quarantined } from '../quarantine.ts'
import { listRereads } from '../reread-rows.ts'
import { firstPlaces } from './prepare.ts'
import { findWithTables, insertRebuild, type Rebuild } from './rebuild-rows.ts'
import { pairOf, rebuildable } from './rebuildable.ts'
import type { Pair } from './twin-tables.ts'

export type { ComparedTable } from './compare.ts'
export { cancel, findRebuild, findRebuilds, markRemoved, type Rebuild, want } from './rebuild-rows.ts'

export const rebuildableNames: readonly string[] = rebuildable.map(({ live }) => live.name)

export type Begun =
  | { kind: 'begun'; rebuild: Rebuild }
  | { kind: 'another'; rebuild: Rebuild | null }
  /** What is read still reads again what an earlier version could not read. */
  | { kind: 'rereading' }

/** `projection`: one of rebuildableNames. */
export async function beginRebuild(database: Transaction, asked: Pick<Rebuild, 'projection' | 'swap'>): Promise<Begun> {
  if ((await listRereads(database, knownPair(asked.projection).live)).length > 0) return { kind: 'rereading' }
  const rebuild = await insertRebuild(database, asked)
  if (rebuild !== null) return { kind: 'begun', rebuild }
  return { kind: 'another', rebuild: await findWithTables(database, asked.projection) }
}

export type Planned = { topic: string; partition: number; firstOffset: bigint; untilOffset: bigint }
type PlanDeps = { database: Transaction; log: Pick<EventLog, 'positionsAt'>; topic(name: TopicName): string }

/** What would be read, and the bytes of the tables that are read now. Changes nothing. */
export async function planRebuild(
  { database, log, topic }: PlanDeps,
  projection: string,
  signal: AbortSignal,
): Promise<{ stretches: readonly Planned[]; sizeBytes: number }> {
  const pair = knownPair(projection)
  const firsts = await firstPlaces({ database, log, topic }, pair, signal)
  const goals = await readCheckpoints(database, pair.live)
  const stretches = goals.flatMap(({ partition, offsets }) =>
    [...offsets].map(([name, untilOffset]) => {
      const first = firsts.find(one => one.partition === partition)?.offsets.get(name) ?? 0n
      return { topic: name, partition, firstOffset: first, untilOffset }
    }),
  )
  const [size] = await database.query<{ bytes: string }>(
    `select coalesce(sum(pg_total_relation_size(oid)), 0)::text as bytes from pg_class
     where relnamespace = to_regnamespace($1) and relkind = 'r'`,
    [schemaOf(pair.live)],
  )
  return { stretches, sizeBytes: Number(size?.bytes ?? 0) }
}

export type Standing = { records: number; read: number; leftOut: readonly Quarantined[] }

/** Of one that has no tables any more: nothing. */
export async function readStanding(database: Transaction, rebuild: Rebuild): Promise<Standing | null> {
  const pair = pairOf(rebuild.projection)
  if (!rebuild.hasTables || pair === undefined) return null
  const own = await readCheckpoints(database, pair.beside)
  if (own.length === 0) return null
  const goals = await readCheckpoints(database, pair.live)
  const partitions = own.map(one => one.partition)
  return {
    records: totalOf(goals) - rebuild.forgottenRecords,
    read: totalOf(own) - rebuild.forgottenRecords,
    leftOut: await listQuarantined(database, pair.beside, partitions),
  }
}

type Places = Awaited<ReturnType<typeof readCheckpoints>>

const totalOf = (places: Places): number =>
  places.reduce((sum, { offsets }) => [...offsets.values()].reduce((of, offset) => of + Number(offset), sum), 0)

function knownPair(projection: string): Pair {
  const pair = pairOf(projection)
  if (pair === undefined) throw new Error(`rebuilding ${projection}: expected one of ${rebuildableNames.join(', ')}`)
  return pair
}
