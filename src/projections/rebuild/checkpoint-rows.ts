// Where what is filled beside a projection is: its checkpoints and what goes with them, made, held still, exchanged and taken down.
import type { Transaction } from '../../database/database.ts'
import { type Checkpoint, readCheckpoints } from '../checkpoints.ts'
import type { Pair } from './twin-tables.ts'

type Place = { partition: number; offsets: ReadonlyMap<string, bigint> }

/** At these offsets. */
export async function makePlaces(tx: Transaction, { beside }: Pair, places: readonly Place[]): Promise<void> {
  for (const { partition, offsets } of places)
    await tx.query('insert into projection_checkpoints (projection, version, partition, offsets) values ($1, $2, $3, $4)', [
      beside.name,
      beside.version,
      partition,
      JSON.stringify(Object.fromEntries([...offsets].map(([topic, offset]) => [topic, String(offset)]))),
    ])
}

/** Until the transaction ends nobody goes on with what is read, or with what is filled. Both are told apart by `of`. */
export async function holdStill(tx: Transaction, of: Pair['live']): Promise<readonly Omit<Checkpoint, 'revision'>[]> {
  await tx.query('select from projection_checkpoints where projection = $1 and version = $2 order by partition for update', [
    of.name,
    of.version,
  ])
  return readCheckpoints(tx, of)
}

/**
 * In the transaction that exchanges the tables, at one equal checkpoint: keys that either leaves out change sides with the tables, so do records that
 * either passed over, and the ids seen of these keys with them; of all others both have seen the same. Whoever owns a partition finds it moved, and asks anew what is left out.
 */
export async function exchangeLeftOut(tx: Transaction, { live, beside }: Pair): Promise<void> {
  const keys = await tx.query<{ key: string }>(
    `select key from projection_quarantine where (projection, version) in (($1, $2), ($3, $4))
     union select key from projection_skips where (projection, version) in (($1, $2), ($3, $4))`,
    [live.name, live.version, beside.name, beside.version],
  )
  const those = keys.map(row => row.key)
  const forAMoment = `${beside.name}-for-a-moment`
  const turns = [
    [live.name, live.version, forAMoment, live.version],
    [beside.name, beside.version, live.name, live.version],
    [forAMoment, live.version, beside.name, beside.version],
  ]
  for (const turn of turns) {
    await tx.query('update projection_quarantine set projection = $3, version = $4 where projection = $1 and version = $2', turn)
    await tx.query('update projection_skips set projection = $3, version = $4 where projection = $1 and version = $2', turn)
    await tx.query(
      'update projection_seen set projection = $3, version = $4 where projection = $1 and version = $2 and instance_id = any($5)',
      [...turn, those],
    )
  }
  await tx.query(
    'update projection_checkpoints set revision = revision + 1 where (projection, version) in (($1, $2), ($3, $4))',
    [live.name, live.version, beside.name, beside.version],
  )
}

const SOME_ROWS = 20_000

/** All that is of what is filled, but its tables, a part at a time; of whichever version. true: there may be more. */
export async function forgetSome(tx: Transaction, { beside }: Pair): Promise<boolean> {
  const of = [beside.name]
  await tx.query('delete from projection_checkpoints where projection = $1', of)
  await tx.query('delete from projection_quarantine where projection = $1', of)
  await tx.query('delete from projection_skips where projection = $1', of)
  const some = `delete from projection_seen where ctid = any(array(
    select ctid from projection_seen where projection = $1 limit ${SOME_ROWS})) returning 1`
  return (await tx.query(some, of)).length === SOME_ROWS
}
