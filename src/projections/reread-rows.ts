// The table rereads: which records of topic events a projection reads once more, because an earlier version had no type for what is in them.
import type { Transaction } from '../database/database.ts'
import type { Projection } from './projection.ts'

/** [nextOffset, untilOffset) is still to be read. */
export type Reread = { partition: number; nextOffset: bigint; untilOffset: bigint }
type Identity = Pick<Projection, 'name' | 'version'>
type Row = { partition: number; next_offset: string; until_offset: string }

/** Those that are not done. */
export async function listRereads(database: Transaction, { name, version }: Identity): Promise<readonly Reread[]> {
  const rows = await database.query<Row>(
    `select partition, next_offset, until_offset from rereads
     where projection = $1 and version = $2 and next_offset < until_offset order by partition`,
    [name, version],
  )
  return rows.map(row => ({
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    untilOffset: BigInt(row.until_offset),
  }))
}

/** false: somebody else went on. */
export async function moveReread(
  tx: Transaction,
  { name, version }: Identity,
  { partition, from, to }: { partition: number; from: bigint; to: bigint },
): Promise<boolean> {
  const moved = await tx.query(
    'update rereads set next_offset = $5 where projection = $1 and version = $2 and partition = $3 and next_offset = $4 returning partition',
    [name, version, partition, String(from), String(to)],
  )
  return moved.length > 0
}

/** One reads again what the other did, from the first record on. */
export async function rereadAlike(tx: Transaction, { like, own }: { like: Identity; own: Identity }): Promise<void> {
  await tx.query(
    `insert into rereads (projection, version, partition, next_offset, until_offset)
     select $3, $4::integer, partition, 0, until_offset from rereads where projection = $1 and version = $2 on conflict do nothing`,
    [like.name, like.version, own.name, own.version],
  )
}

/** false: one has more to read again than the other was told to. */
export async function areAlike(database: Transaction, { like, own }: { like: Identity; own: Identity }): Promise<boolean> {
  const more = await database.query(
    `select from rereads l where projection = $1 and version = $2 and not exists (
       select from rereads o where o.projection = $3 and o.version = $4 and o.partition = l.partition and o.until_offset = l.until_offset)
     limit 1`,
    [like.name, like.version, own.name, own.version],
  )
  return more.length === 0
}

/** Of whichever version. */
export async function forgetRereads(database: Transaction, { name }: Pick<Identity, 'name'>): Promise<void> {
  await database.query('delete from rereads where projection = $1', [name])
}
