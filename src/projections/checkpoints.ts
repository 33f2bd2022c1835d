// Where a projection is in each partition: one row with the offsets of all its topics and a revision. Whoever raises the revision owns
// the step; a step that finds another revision or offset changes nothing.
import type { Database, Transaction } from '../database/database.ts'
import type { Projection } from './projection.ts'

export type Checkpoint = { partition: number; revision: bigint; offsets: ReadonlyMap<string, bigint> }
/** Records [fromOffset, nextOffset) of one topic, named without its prefix. */
export type Advance = { topic: string; fromOffset: bigint; nextOffset: bigint }
type Identity = Pick<Projection, 'name' | 'version'>

/**
 * The start step: the rows of a projection that has never run, at offset 0. Where some are missing, or where it has left traces,
 * rows were lost: none is made, because reading again from 0 would repeat side effects; members halt and say so.
 */
export async function makeCheckpoints(database: Transaction, projection: Projection, partitions: number): Promise<void> {
  const offsets = JSON.stringify(Object.fromEntries(projection.reads.map(topic => [topic, '0'])))
  await database.query(
    `insert into projection_checkpoints (projection, version, partition, offsets)
     select $1, $2, partition, $3::jsonb from generate_series(0, $4::integer - 1) partition
     where not exists (select from projection_checkpoints where projection = $1 and version = $2)
       and not exists (select from projection_seen where projection = $1 and version = $2)
       and not exists (select from projection_outbox where projection = $1 and version = $2)
     on conflict do nothing`,
    [projection.name, projection.version, offsets, partitions],
  )
}

/** Why a member halts, and what mends it. */
export const missingCheckpoint = (of: Identity, partition: number): string =>
  `no checkpoint for ${of.name} version ${of.version} partition ${partition}: \`zaplog start\` makes them in a database that has none; ` +
  `in this one restore table projection_checkpoints, or run \`zaplog rebuild ${of.name}\``

/**
 * Takes partitions over: raising the revision waits for a step of the earlier owner that is being committed, and ends every later one.
 * A partition without a row is left out.
 */
export async function takeCheckpoints(
  database: Database,
  of: Identity,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<readonly Checkpoint[]> {
  const rows = await database.transact(
    tx =>
      tx.query<Row>(
        `with taken as (
           select partition from projection_checkpoints
           where projection = $1 and version = $2 and partition = any ($3::integer[]) order by partition for update)
         update projection_checkpoints c set revision = revision + 1 from taken t
         where c.projection = $1 and c.version = $2 and c.partition = t.partition
         returning c.partition, c.revision, c.offsets`,
        [of.name, of.version, partitions],
      ),
    signal,
  )
  return rows.map(toCheckpoint)
}

/** null: there is no row. */
export async function readCheckpoint(database: Transaction, of: Identity, partition: number): Promise<Checkpoint | null> {
  const [row] = await database.query<Row>(
    'select partition, revision, offsets from projection_checkpoints where projection = $1 and version = $2 and partition = $3',
    [of.name, of.version, partition],
  )
  return row === undefined ? null : toCheckpoint(row)
}

/** The first statement of every step. null: somebody else went on, and the step must not happen. Without `advance` only the revision moves. */
export async function advanceCheckpoint(
  tx: Transaction,
  of: Identity,
  from: { partition: number; revision: bigint; advance: Advance | null },
): Promise<bigint | null> {
  const { advance } = from
  const [row] = await tx.query<{ revision: string }>(
    `update projection_checkpoints
     set revision = revision + 1, advanced_at = now(),
         offsets = case when $5::text is null then offsets else offsets || jsonb_build_object($5::text, $7::text) end
     where projection = $1 and version = $2 and partition = $3 and revision = $4
       and ($5::text is null or offsets ->> $5::text = $6::text)
     returning revision`,
    [
      of.name,
      of.version,
      from.partition,
      String(from.revision),
      advance?.topic ?? null,
      advance === null ? null : String(advance.fromOffset),
      advance === null ? null : String(advance.nextOffset),
    ],
  )
  return row === undefined ? null : BigInt(row.revision)
}

type Row = { partition: number; revision: string; offsets: Record<string, string> }

const toCheckpoint = (row: Row): Checkpoint => ({
  partition: row.partition,
  revision: BigInt(row.revision),
  offsets: offsetsOf(row.offsets),
})

/** Offsets as the tables keep them: {topic: decimal text}. */
export const offsetsOf = (json: Readonly<Record<string, string>>): ReadonlyMap<string, bigint> =>
  new Map(Object.entries(json).map(([topic, offset]) => [topic, BigInt(offset)]))
