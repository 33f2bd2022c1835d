// A record that cannot be projected quarantines its key: from there on records of that key are left out of this projection, in every topic,
// one start position per topic is kept, and every other key goes on. Resuming reads the key again from those positions; a record that is skipped
// is passed over there for good.
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
  /** Of this very record: where another one is met, nobody has asked. */
  skipRequested: boolean
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
  skipRequested: false,
})

/** In the step that passes the record; also where a resume meets the next one. No row for a purged instance: nothing of it is projected. */
export async function quarantineKey(tx: Transaction, of: Identity, left: Quarantined): Promise<void> {
  await tx.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     select $1::text, $2::integer, $3::integer, $4::text, $5::jsonb, $6::text, $7::text, $8::text, $9::text where not ${isPurged('$4::text')}
     on conflict (projection, version, key) do update set
       offsets = excluded.offsets, topic = excluded.topic, "offset" = excluded."offset",
       error_code = excluded.error_code, error_message = excluded.error_message,
       resume_requested_at = null, skip_requested_at = null`,
    [
      of.name,
      of.version,
      left.partition,
      left.key,
      textOf(left.offsets),
      left.topic,
      String(left.offset),
      left.code,
      left.message,
    ],
  )
}

const textOf = (offsets: ReadonlyMap<string, bigint>): string =>
  JSON.stringify(Object.fromEntries([...offsets].map(([topic, offset]) => [topic, String(offset)])))

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
    `select partition, key, offsets, topic, "offset", error_code, error_message,
       resume_requested_at is not null as resume_requested, skip_requested_at is not null as skip_requested
     from projection_quarantine where projection = $1 and version = $2 and partition = any ($3::integer[]) order by key`,
    [of.name, of.version, partitions],
  )
  return rows.map(toQuarantined)
}

const toQuarantined = (row: Row): Quarantined => ({
  partition: row.partition,
  key: row.key,
  offsets: offsetsOf(row.offsets),
  topic: row.topic,
  offset: BigInt(row.offset),
  code: row.error_code,
  message: row.error_message,
  resumeRequested: row.resume_requested,
  skipRequested: row.skip_requested,
})

/** Asks whichever member owns the key's partition to read it again. False: the key is not quarantined. */
export async function requestResume(database: Transaction, of: Identity, key: string): Promise<boolean> {
  const rows = await database.query(
    `update projection_quarantine set resume_requested_at = now()
     where projection = $1 and version = $2 and key = $3 returning key`,
    [of.name, of.version, key],
  )
  return rows.length > 0
}

/** As requestResume, without the record that keeps it out. False, too, where that is another one by now than the one in `of`. */
export async function requestSkip(
  database: Transaction,
  { name, version, key, topic, offset }: Identity & Pick<Poison, 'key' | 'topic' | 'offset'>,
): Promise<boolean> {
  const rows = await database.query(
    `update projection_quarantine set skip_requested_at = now()
     where projection = $1 and version = $2 and key = $3 and topic = $4 and "offset" = $5 returning key`,
    [name, version, key, topic, String(offset)],
  )
  return rows.length > 0
}

/** In one step: the record is passed over, said in its row, and the key is to be read again from `behind`. Said twice, it is the same. */
export async function passOver(
  tx: Transaction,
  of: Identity,
  left: Quarantined,
  behind: ReadonlyMap<string, bigint>,
): Promise<void> {
  const { partition, key, topic, offset, code, message } = left
  await tx.query(
    `with asked as (
       update projection_quarantine set offsets = offsets || $9::jsonb,
         skip_requested_at = null, resume_requested_at = now()
       where projection = $1 and version = $2 and key = $4 and topic = $5 and "offset" = $6::bigint::text returning key)
     insert into projection_skips (projection, version, partition, key, topic, "offset", error_code, error_message)
     select $1, $2, $3::integer, key, $5, $6, $7, $8 from asked on conflict do nothing`,
    [of.name, of.version, partition, key, topic, String(offset), code, message, textOf(behind)],
  )
}

export type LeftOut = Quarantined & Identity & { since: Date }
export type Skipped = Poison & Identity & { partition: number; skippedAt: Date }

/** Of all projections of these names, the oldest first, at most so many; of one key, or of all (null). */
export async function listLeftOut(
  database: Transaction,
  { names, key, most }: { names: readonly string[]; key: string | null; most: number },
): Promise<readonly LeftOut[]> {
  const rows = await database.query<Row & Identified & { quarantined_at: Date }>(
    `select projection as name, version, partition, key, offsets, topic, "offset", error_code, error_message, quarantined_at,
       resume_requested_at is not null as resume_requested, skip_requested_at is not null as skip_requested
     from projection_quarantine where projection = any ($1) and ($2::text is null or key = $2) order by quarantined_at, key limit $3`,
    [names, key, most],
  )
  return rows.map(row => ({ ...toQuarantined(row), name: row.name, version: row.version, since: row.quarantined_at }))
}

/** Of all projections of these names, the newest first, at most so many. */
export async function listSkipped(database: Transaction, names: readonly string[], most: number): Promise<readonly Skipped[]> {
  const rows = await database.query<Identified & Omit<Row, 'offsets'> & { skipped_at: Date }>(
    `select projection as name, version, partition, key, topic, "offset"::text, error_code, error_message, skipped_at
     from projection_skips where projection = any ($1) order by skipped_at desc, key limit $2`,
    [names, most],
  )
  return rows.map(({ name, version, partition, key, topic, offset, error_code: code, error_message: message, skipped_at }) => ({
    ...{ name, version, partition, key, topic, offset: BigInt(offset), code, message, skippedAt: skipped_at },
  }))
}

type Identified = { name: string; version: number }
type Row = {
  partition: number
  key: string
  offsets: Record<string, string>
  topic: string
  offset: string
  error_code: string
  error_message: string
  resume_requested: boolean
  skip_requested: boolean
}

export const quarantineErasures = [rowsOf('projection_quarantine', 'key = $1'), rowsOf('projection_skips', 'key = $1')]
