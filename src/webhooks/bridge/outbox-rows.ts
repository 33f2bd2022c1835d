// What the bridge owes to the log, as rows: written in the transaction of what came of an attempt, deleted when the log has them.
import type { Database, Transaction } from '../../database/database.ts'
import type { NewRecord } from '../../log/log.ts'

export type Owed = { topic: string; record: NewRecord }
export type OwedRow = Owed & { outboxId: string }

export async function putInOutbox(tx: Transaction, owed: readonly Owed[]): Promise<void> {
  if (owed.length === 0) return
  await tx.query(
    `insert into webhook_outbox (topic, key, headers, value, recorded_at)
     select n.topic, n.key, n.headers, n.value, to_timestamp(n.recorded_at / 1000)
       from unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[], $5::float8[])
            with ordinality as n (topic, key, headers, value, recorded_at, place)
      order by n.place`,
    [
      owed.map(one => one.topic),
      owed.map(one => one.record.key),
      owed.map(one => JSON.stringify(one.record.headers)),
      owed.map(one => one.record.value),
      owed.map(one => one.record.recordedAt),
    ],
  )
}

type Row = {
  outbox_id: string
  topic: string
  key: string
  headers: Record<string, string>
  value: Buffer | null
  recorded_at_ms: number
}

/** Takes or keeps the turn for turnMs and answers the oldest of each topic, oldest first; none where nothing is owed or it is another's turn. */
export async function takeTurn(
  database: Database,
  of: { member: string; turnMs: number; topics: readonly string[]; maxRecords: number },
): Promise<readonly OwedRow[]> {
  const rows = await database.query<Row>(
    `with mine as (
       update webhook_outbox_turn set member = $1, ends_at = now() + $2 * interval '1 millisecond'
        where (member = $1 or ends_at < now()) and exists (select from webhook_outbox) returning is_only)
     select o.outbox_id, o.topic, o.key, o.headers, o.value, (extract(epoch from o.recorded_at) * 1000)::float8 as recorded_at_ms
       from mine, unnest($3::text[]) as t (topic), lateral (
         select * from webhook_outbox where topic = t.topic order by outbox_id limit $4) o
      order by o.outbox_id`,
    [of.member, of.turnMs, of.topics, of.maxRecords],
  )
  return rows.map(owedOf)
}

export const giveTurnBack = (database: Database, member: string) =>
  database.query(`update webhook_outbox_turn set member = null, ends_at = now() where member = $1`, [member])

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

const owedOf = (row: Row): OwedRow => ({
  outboxId: row.outbox_id,
  topic: row.topic,
  record: { key: row.key, value: row.value, headers: row.headers, recordedAt: Math.round(row.recorded_at_ms) },
})
