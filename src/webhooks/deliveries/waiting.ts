// The rows of deliveries that wait, in the order of their lane: where each is in the log, and its body where few enough wait.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import type { LogRecord } from '../../log/log.ts'
import { renumbering } from '../../log/schema-ids.ts'
import { alongBy, rowsByKey } from '../../purge/erasure.ts'
import type { Released } from './attempt-record.ts'
import { hasFinished } from './deliveries.ts'

export type Waiting = { delivery: Released; record: LogRecord; keepValue: boolean }
/** A waiting delivery's record; a null value must be read back from the log. */
export type WaitingRecord = LogRecord & { deliveryId: string }

/**
 * A statement: rows of `given` with the columns of webhook_waiting, recorded_at in ms. What somebody else finished meanwhile does not wait
 * again.
 */
export const insertWaitingOf = (given: string): string => `
  insert into webhook_waiting (delivery_id, lane, endpoint_id, topic, partition, "offset", headers, recorded_at, value)
  select g.delivery_id, g.lane, g.endpoint_id, g.topic, g.partition, g."offset", g.headers, to_timestamp(g.recorded_at / 1000), g.value
    from ${given} g where not ${hasFinished('g.delivery_id')}
  on conflict (delivery_id) do nothing`

/** SQL, for `from`: $1 to $9 as `n`, with those columns and place, from 1; waitingColumns has them. */
export const givenWaiting = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::jsonb[], $8::float8[], $9::bytea[])
  with ordinality as n (delivery_id, lane, endpoint_id, topic, partition, "offset", headers, recorded_at, value, place)`
export const waitingColumns = (batch: readonly Waiting[]): readonly unknown[] => [
  batch.map(one => one.delivery.deliveryId),
  batch.map(one => one.delivery.lane),
  batch.map(one => one.delivery.endpointId),
  batch.map(one => one.record.topic),
  batch.map(one => one.record.partition),
  batch.map(one => String(one.record.offset)),
  batch.map(one => JSON.stringify(one.record.headers)),
  batch.map(one => one.record.recordedAt),
  batch.map(one => (one.keepValue ? one.record.value : null)),
]

/** A statement of one row at most: the first of the lane `lane` (SQL), but for the one with this id (SQL). */
export const firstOf = (lane: string, butId: string): string => `
  select w.lane, w.delivery_id, w.topic, w.partition, w."offset", w.headers, w.recorded_at, w.value
    from webhook_waiting w where w.lane = ${lane} and w.delivery_id <> ${butId} order by w."offset" limit 1`
/** A statement: those that `ids` selects wait no more. */
export const deleteWaitingOf = (ids: string): string => `delete from webhook_waiting where delivery_id in (${ids})`
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

/** A condition: any wait in this lane (SQL). */
export const isAnyIn = (lane: string): string => `exists (select from webhook_waiting inside where inside.lane = ${lane})`

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
export const waitingRenumbering = renumbering('webhook_waiting')

export const waitingAlong = alongBy('webhook_waiting', 'lane')

/** `lanes`: SQL, for `in`. */
export const waitingErasure = (lanes: string) =>
  rowsByKey({ table: 'webhook_waiting', key: 'delivery_id', where: `lane in ${lanes}` })
