// The rows of deliveries that wait, in the order of their lane: where each is in the log, and its body where few enough wait.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import type { LogRecord } from '../../log/log.ts'
import { alongBy, rowsByKey } from '../../purge/erasure.ts'
import type { Released } from './attempt-record.ts'
import { hasFinished, markWaiting } from './deliveries.ts'

export type Waiting = { delivery: Released; record: LogRecord; keepValue: boolean }
/** A waiting delivery's record; a null value must be read back from the log. */
export type WaitingRecord = LogRecord & { deliveryId: string }

/** What somebody else finished meanwhile does not wait again. */
export async function insertWaiting(tx: Transaction, { delivery, record, keepValue }: Waiting): Promise<void> {
  await tx.query(
    `insert into webhook_waiting (delivery_id, lane, endpoint_id, topic, partition, "offset", headers, recorded_at, value)
     select $1, $2, $3, $4, $5, $6, $7::jsonb, to_timestamp($8::float8 / 1000), $9 where not ${hasFinished('$1')}
     on conflict (delivery_id) do nothing`,
    [
      delivery.deliveryId,
      delivery.lane,
      delivery.endpointId,
      record.topic,
      record.partition,
      String(record.offset),
      JSON.stringify(record.headers),
      record.recordedAt,
      keepValue ? record.value : null,
    ],
  )
  await markWaiting(tx, delivery.deliveryId)
}

/** A statement: the first of each lane in `lanes`, a part of the same statement that has a column `lane`. */
export const firstOf = (lanes: string): string => `
  select w.lane, w.delivery_id, w.topic, w.partition, w."offset", w.headers, w.recorded_at, w.value
    from webhook_waiting w join ${lanes} using (lane) order by w."offset" limit 1`
export type WaitingRow = {
  lane: string
  delivery_id: string
  topic: string
  partition: number
  offset: string
  headers: Record<string, string>
  recorded_at: Date
  value: Buffer | null
}
export const waitingRecordOf = (row: WaitingRow): WaitingRecord => ({
  deliveryId: row.delivery_id,
  topic: row.topic,
  partition: row.partition,
  offset: BigInt(row.offset),
  key: row.lane,
  headers: row.headers,
  value: row.value,
  recordedAt: row.recorded_at.getTime(),
})

/** Answers whether more wait in its lane. */
export async function deleteWaiting(tx: Transaction, lane: string, deliveryId: string): Promise<boolean> {
  await tx.query('delete from webhook_waiting where delivery_id = $1', [deliveryId])
  const left = await tx.query('select from webhook_waiting where lane = $1 limit 1', [lane])
  return left.length > 0
}

/** Answers the ids of the deliveries that waited there. */
export async function deleteWaitingIn(tx: Transaction, lanes: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.query<{ delivery_id: string }>('delete from webhook_waiting where lane = any($1) returning delivery_id', [
    lanes,
  ])
  return rows.map(row => row.delivery_id)
}

/** Of an endpoint `e`, up to a most. In the order of the one index that begins with the endpoint: in any other, Postgres may read everybody's. */
export const waitingOf = (e: string, most: number): string =>
  boundedCount(`from webhook_waiting w where w.endpoint_id = ${e}.endpoint_id order by w.entered_at`, most)

/** Since when the oldest of an endpoint `e` waits: a statement of one row at most. */
export const oldestWaitingOf = (e: string): string =>
  `select entered_at from webhook_waiting w where w.endpoint_id = ${e}.endpoint_id order by w.entered_at limit 1`

/** A condition: of the endpoint with this id (SQL) there are any. */
export const hasWaiting = (endpointId: string): string =>
  `exists (select from webhook_waiting w where w.endpoint_id = ${endpointId})`
export const waitingTable = 'webhook_waiting'

export const waitingAlong = alongBy('webhook_waiting', 'lane')

/** `lanes`: SQL, for `in`. */
export const waitingErasure = (lanes: string) =>
  rowsByKey({ table: 'webhook_waiting', key: 'delivery_id', where: `lane in ${lanes}` })
