// A record that cannot be projected quarantines its key: from there on records of that key are left out of this projection, in every topic,
// one start position per topic is kept, and every other key goes on. Resuming reads the key again from those positions.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import { offsetsOf } from './checkpoints.ts'
import type { Projection } from './projection.ts'

/** The record that could not be projected. */
export type Poison = { topic: string; offset: bigint; key: string; code: string; message: string }
export type Quarantined = {
  partition: number
  key: string
  /** Per topic the offset from which records of the key are left out. */
  offsets: ReadonlyMap<string, bigint>
  topic: string
  offset: bigint
  code: string
  message: string
  resumeRequested: boolean
}
type Identity = Pick<Projection, 'name' | 'version'>

/**
 * `offsets` are the partition's before the step that passes the record: everything of the key beyond them is left out,
 * in the poison's own topic from the record itself.
 */
export const quarantinedBy = (poison: Poison, partition: number, offsets: ReadonlyMap<string, bigint>): Quarantined => ({
  ...poison,
  partition,
  offsets: new Map(offsets).set(poison.topic, poison.offset),
  resumeRequested: false,
})

/** In the step that passes the record; also where a resume meets the next one. No row for a purged instance: nothing of it is projected. */
export async function quarantineKey(tx: Transaction, of: Identity, left: Quarantined): Promise<void> {
  await tx.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     select $1::text, $2::integer, $3::integer, $4::text, $5::jsonb, $6::text, $7::text, $8::text, $9::text where not ${isPurged('$4::text')}
     on conflict (projection, version, key) do update set
       offsets = excluded.offsets, topic = excluded.topic, "offset" = excluded."offset",
       error_code = excluded.error_code, error_message = excluded.error_message, resume_requested_at = null`,
    [
      of.name,
      of.version,
      left.partition,
      left.key,
      JSON.stringify(Object.fromEntries([...left.offsets].map(([topic, offset]) => [topic, String(offset)]))),
      left.topic,
      String(left.offset),
      left.code,
      left.message,
    ],
  )
}

/** Everything of the key was read again. */
export async function releaseKey(tx: Transaction, of: Identity, key: string): Promise<void> {
  await tx.query('delete from projection_quarantine where projection = $1 and version = $2 and key = $3', [
    of.name,
    of.version,
    key,
  ])
}

export async function listQuarantined(
  database: Transaction,
  of: Identity,
  partitions: readonly number[],
): Promise<readonly Quarantined[]> {
  const rows = await database.query<Row>(
    `select partition, key, offsets, topic, "offset", error_code, error_message, resume_requested_at is not null as resume_requested
     from projection_quarantine where projection = $1 and version = $2 and partition = any ($3::integer[]) order by key`,
    [of.name, of.version, partitions],
  )
  return rows.map(row => ({
    partition: row.partition,
    key: row.key,
    offsets: offsetsOf(row.offsets),
    topic: row.topic,
    offset: BigInt(row.offset),
    code: row.error_code,
    message: row.error_message,
    resumeRequested: row.resume_requested,
  }))
}

/** Asks whichever member owns the key's partition to read it again. False: the key is not quarantined. */
export async function requestResume(database: Transaction, of: Identity, key: string): Promise<boolean> {
  const rows = await database.query(
    `update projection_quarantine set resume_requested_at = now()
     where projection = $1 and version = $2 and key = $3 returning key`,
    [of.name, of.version, key],
  )
  return rows.length > 0
}

type Row = {
  partition: number
  key: string
  offsets: Record<string, string>
  topic: string
  offset: string
  error_code: string
  error_message: string
  resume_requested: boolean
}

export const quarantineErasure = rowsOf('projection_quarantine', 'key = $1')
