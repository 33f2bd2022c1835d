// Where a projection is in each partition: one row with the offsets of all its topics and a revision. Whoever raises the revision owns
// the step; a step that finds another revision or offset changes nothing.
import type { Database, Transaction } from '../database/database.ts'
import { asRows, type Read } from '../database/statement-parts.ts'
import { CodedError } from '../runtime/coded-error.ts'
import type { Projection } from './projection.ts'

export type Checkpoint = { partition: number; revision: bigint; offsets: ReadonlyMap<string, bigint> }
/** Records [fromOffset, nextOffset) of one topic, named without its prefix. */
export type Advance = { topic: string; fromOffset: bigint; nextOffset: bigint }
export type Move = {
  partition: number
  /** The one this owner knows; another one in the row means that somebody else went on. */
  revision: bigint
  /** null for a step that reads nothing new: a tick, a resume. */
  advance: Advance | null
}
export type Identity = Pick<Projection, 'name' | 'version'>

/** A member halts where there is no row, and says what mends it. */
export class MissingCheckpoint extends CodedError<'missing-checkpoint'> {
  override name = 'MissingCheckpoint'
  readonly port = 'projections'
  constructor({ name, version }: Identity, partition: number) {
    const message =
      `no checkpoint for ${name} version ${version} partition ${partition}: \`zaplog start\` makes them in a database that has none; ` +
      'in this one restore table projection_checkpoints from a backup'
    super({ code: 'missing-checkpoint', message, retryable: false })
  }
}

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

/** Where it is, in all partitions; empty where it never began. */
export async function readCheckpoints(database: Transaction, of: Identity): Promise<readonly Omit<Checkpoint, 'revision'>[]> {
  const rows = await database.query<Row>(
    'select partition, revision, offsets from projection_checkpoints where projection = $1 and version = $2 order by partition',
    [of.name, of.version],
  )
  return rows.map(toCheckpoint)
}

/** Whether any version of it has begun, in any partition. */
export async function hasBegun(database: Transaction, { name }: Pick<Identity, 'name'>): Promise<boolean> {
  const [row] = await database.query('select from projection_checkpoints where projection = $1 limit 1', [name])
  return row !== undefined
}

/**
 * What every step begins with. Answers the new revision of each partition. Of one that is not in the answer nothing may happen: somebody else
 * went on with it. What the same statement reads of that partition is as its owner left it: whoever waits here for somebody who writes finds
 * another revision, and reads nothing. Rows are locked in one order, so that steps and takeovers cannot deadlock.
 */
export const moveCheckpoints = (of: Identity, moves: readonly Move[]): Read<Moved> => ({
  sql: `
    with moving as (
      select c.partition, m.topic, m.next_offset
      from json_to_recordset($3::json) as m(partition integer, revision bigint, topic text, from_offset text, next_offset text)
      join projection_checkpoints c on c.partition = m.partition and c.revision = m.revision
      where c.projection = $1 and c.version = $2 and (m.topic is null or c.offsets ->> m.topic = m.from_offset)
      order by c.partition for update of c)
    update projection_checkpoints c
    set revision = revision + 1, advanced_at = now(),
        offsets = case when m.topic is null then c.offsets else c.offsets || jsonb_build_object(m.topic, m.next_offset) end
    from moving m where c.projection = $1 and c.version = $2 and c.partition = m.partition
    returning c.partition, c.revision::text`,
  values: [
    of.name,
    of.version,
    asRows(
      moves.map(({ partition, revision, advance }) => ({
        partition,
        revision: String(revision),
        topic: advance?.topic,
        from_offset: advance === null ? null : String(advance.fromOffset),
        next_offset: advance === null ? null : String(advance.nextOffset),
      })),
    ),
  ],
})

export type Moved = { partition: number; revision: string }

export const revisionsOf = (moved: readonly Moved[]): ReadonlyMap<number, bigint> =>
  new Map(moved.map(({ partition, revision }) => [partition, BigInt(revision)]))

type Row = { partition: number; revision: string; offsets: Record<string, string> }

const toCheckpoint = (row: Row): Checkpoint => ({
  partition: row.partition,
  revision: BigInt(row.revision),
  offsets: offsetsOf(row.offsets),
})

/** Offsets as the tables keep them: {topic: decimal text}. */
export const offsetsOf = (json: Readonly<Record<string, string>>): ReadonlyMap<string, bigint> =>
  new Map(Object.entries(json).map(([topic, offset]) => [topic, BigInt(offset)]))
