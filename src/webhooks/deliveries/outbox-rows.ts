// What the bridge owes to the log, as rows: written with what follows from an attempt, deleted when the log has them.
import type { Database, Transaction } from '../../database/database.ts'
import type { EventOf } from '../../events/event.ts'
import type { NewRecord } from '../../log/log.ts'
import { renumbering } from '../../log/schema-ids.ts'
import { ofHeaders, rowsOf } from '../../purge/erasure.ts'
import type { Owed } from './attempt-record.ts'
import { attemptedOf } from './attempts.ts'
import { type DrainLease, holdsLease } from './drain-lease.ts'

/** `attempted` null: the record is what it is; `gone`: the row that it was to be made from is not there any more. */
export type OwedRow = {
  outboxId: string
  topic: string
  record: NewRecord
  attempted: EventOf<'delivery.attempted'> | 'gone' | null
}

export async function putInOutbox(tx: Transaction, owed: readonly Owed[]): Promise<void> {
  if (owed.length === 0) return
  await tx.query(
    `insert into webhook_outbox (topic, key, headers, value, recorded_at, delivery_id, attempt)
     select n.topic, n.key, n.headers, n.value, to_timestamp(n.recorded_at / 1000), n.delivery_id, n.attempt
       from unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[], $5::float8[], $6::text[], $7::integer[])
            with ordinality as n (topic, key, headers, value, recorded_at, delivery_id, attempt, place)
      order by n.place`,
    [
      owed.map(one => one.topic),
      owed.map(one => one.record.key),
      owed.map(one => JSON.stringify(one.record.headers)),
      owed.map(one => one.record.value),
      owed.map(one => one.record.recordedAt),
      owed.map(one => one.madeFrom?.deliveryId ?? null),
      owed.map(one => one.madeFrom?.attempt ?? null),
    ],
  )
}

/** A condition: records for this topic (SQL) are owed. */
export const owesTo = (topic: string): string => `exists (select from webhook_outbox where webhook_outbox.topic = ${topic})`

/** A statement: owes whole records, the rows of `records`, with columns topic, key, headers, content, recorded_at and place. */
export const oweWhole = (records: string): string => `
  insert into webhook_outbox (topic, key, headers, value, recorded_at)
  select topic, key, headers, content, recorded_at from ${records} order by place returning outbox_id`

type Row = {
  outbox_id: string
  topic: string
  key: string
  headers: Record<string, string>
  value: Buffer | null
  recorded_at_ms: number
  delivery_id: string | null
  attempted: Omit<EventOf<'delivery.attempted'>, 'recordedAt'> | null
}

/** Takes or keeps the lease and answers the oldest of each topic, oldest first; none where nothing is owed or the lease is another's. */
export async function takeOwed(
  database: Database,
  of: DrainLease & { topics: readonly string[]; maxRecords: number },
): Promise<readonly OwedRow[]> {
  const rows = await database.query<Row>(
    `with mine as (${holdsLease('exists (select from webhook_outbox)')})
     select o.outbox_id, o.topic, o.key, o.headers, o.value, (extract(epoch from o.recorded_at) * 1000)::float8 as recorded_at_ms,
            o.delivery_id, ${attemptedOf('o')} as attempted
       from mine, unnest($3::text[]) as t (topic), lateral (
         select * from webhook_outbox where topic = t.topic order by outbox_id limit $4) o
      order by o.outbox_id`,
    [of.member, of.leaseMs, of.topics, of.maxRecords],
  )
  return rows.map(owedOf)
}

export const forgetOwed = (database: Database, rows: readonly OwedRow[]) =>
  database.query('delete from webhook_outbox where outbox_id = any ($1::bigint[])', [rows.map(row => row.outboxId)])

/** Answers how many of the oldest of this topic it dropped, so that no more than maxRecords are left. */
export async function trimOutbox(database: Database, topic: string, maxRecords: number): Promise<number> {
  const [row] = await database.query<{ dropped: number }>(
    `with last_kept as (
       select outbox_id from webhook_outbox where topic = $1 order by outbox_id desc offset $2 limit 1),
     dropped as (
       delete from webhook_outbox using last_kept
        where webhook_outbox.topic = $1 and webhook_outbox.outbox_id <= last_kept.outbox_id returning 1)
     select count(*)::integer as dropped from dropped`,
    [topic, maxRecords],
  )
  return row?.dropped ?? 0
}

function owedOf(row: Row): OwedRow {
  const recordedAt = Math.round(row.recorded_at_ms)
  const record = { key: row.key, value: row.value, headers: row.headers, recordedAt }
  const attempted = row.delivery_id === null ? null : row.attempted === null ? 'gone' : { ...row.attempted, recordedAt }
  return { outboxId: row.outbox_id, topic: row.topic, record, attempted }
}

export const outboxErasure = rowsOf('webhook_outbox', ofHeaders)
export const outboxRenumbering = renumbering('webhook_outbox')
