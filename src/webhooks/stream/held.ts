// The rows of deliveries that are held for their media, and of those that wait behind one in their lane, in the order of the lane.
// What is not ready and holds its lane keeps every later one behind it.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { ofLane, rowsOf } from '../../purge/erasure.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { deliveriesOf } from '../deliveries/deliveries.ts'
import { deletedEndpoints } from '../endpoints/endpoint-rows.ts'

export type Lane = { partition: number; lane: string }
export type NewHeld = {
  partition: number
  delivery: Released
  mediaEventId: string | null
  holdsLane: boolean
  ready: boolean
  /** null: until settled, or only waits behind. */
  seconds: number | null
}
export type HeldRow = { held_id: string; media_event_id: string | null; released: Released }

const holding = 'not h.ready and h.holds_lane'

/** From lane to lane along the index: a chat in which thousands are held costs one step. */
export async function readHeldLanes(tx: Transaction, partitions: readonly number[]): Promise<readonly string[]> {
  const rows = await tx.query<{ lane: string }>(
    `select held.lane from unnest($1::integer[]) as p(partition) cross join lateral (
       with recursive held as (
         (select h.lane from webhook_held h where h.partition = p.partition and ${holding} order by h.lane limit 1)
         union all
         select (select h.lane from webhook_held h where h.partition = p.partition and ${holding} and h.lane > held.lane order by h.lane limit 1)
         from held where held.lane is not null)
       select lane from held where lane is not null) held`,
    [partitions],
  )
  return rows.map(row => row.lane)
}

export async function insertHeld(tx: Transaction, of: NewHeld): Promise<void> {
  await tx.query(
    `insert into webhook_held (partition, lane, delivery_id, media_event_id, holds_lane, ready, due_at, released)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second', $8) on conflict (delivery_id) do nothing`,
    [
      of.partition,
      of.delivery.lane,
      of.delivery.deliveryId,
      of.mediaEventId,
      of.holdsLane,
      of.ready,
      of.seconds,
      JSON.stringify(of.delivery),
    ],
  )
}

/** What waited for this file does not wait for it any more; answers the lanes. */
export async function markFileKnown(tx: Transaction, mediaEventId: string): Promise<readonly string[]> {
  const rows = await tx.query<{ lane: string }>(
    'update webhook_held set ready = true where media_event_id = $1 and not ready returning lane',
    [mediaEventId],
  )
  return rows.map(row => row.lane)
}

/** What has waited as long as its endpoint allows, by Postgres' clock, waits no longer; answers the lanes. */
export async function markDue(tx: Transaction, partition: number): Promise<readonly string[]> {
  const rows = await tx.query<{ lane: string }>(
    'update webhook_held set ready = true where partition = $1 and not ready and due_at <= now() returning lane',
    [partition],
  )
  return rows.map(row => row.lane)
}

/** The first that keeps everything behind it; null: nothing does. */
export async function holdOf(tx: Transaction, { partition, lane }: Lane): Promise<string | null> {
  const [row] = await tx.query<{ held_id: string }>(
    `select held_id from webhook_held h where h.partition = $1 and h.lane = $2 and ${holding} order by held_id limit 1`,
    [partition, lane],
  )
  return row?.held_id ?? null
}

/** Deletes what is ready at the head of a lane, up to the first that still holds it; answers it in order. */
export async function takeReady(tx: Transaction, lane: Lane): Promise<readonly HeldRow[]> {
  const rows = await tx.query<HeldRow>(
    `delete from webhook_held where lane = $1 and ready and held_id < coalesce($2::bigint, 9223372036854775807)
     returning held_id, media_event_id, released`,
    [lane.lane, await holdOf(tx, lane)],
  )
  return [...rows].sort((a, b) => Number(BigInt(a.held_id) - BigInt(b.held_id)))
}

/** At most `most` of deleted endpoints; answers the ids of the deliveries. */
export async function deleteHeldOfDeleted(tx: Transaction, most: number): Promise<readonly string[]> {
  const rows = await tx.query<{ delivery_id: string }>(
    `delete from webhook_held where held_id in (
       select h.held_id from webhook_held h where h.delivery_id in (${deliveriesOf(deletedEndpoints)}) limit $1) returning delivery_id`,
    [most],
  )
  return rows.map(row => row.delivery_id)
}

export const readHolds = (
  database: Transaction,
  deliveryIds: readonly string[],
): Promise<readonly { deliveryId: string; dueAt: Date | null; mediaEventId: string | null }[]> =>
  database.query(
    `select delivery_id as "deliveryId", due_at as "dueAt", media_event_id as "mediaEventId"
     from webhook_held where delivery_id = any($1)`,
    [deliveryIds],
  )

/** A condition: something is held for the file of the message with this event id (SQL). */
export const isHeldFor = (eventId: string): string => `exists (select from webhook_held h where h.media_event_id = ${eventId})`
/** A statement: the partitions in which a hold has ended. */
export const partitionsDue = 'select partition from webhook_held where not ready and due_at <= now()'
export const heldUpTo = (most: number): string => boundedCount('from webhook_held', most)
/** Since when the oldest is held; null: none is. Ids follow the time in which they were held. */
export const oldestHeld = '(select held_at from webhook_held order by held_id limit 1)'
export const heldTable = 'webhook_held'

export const heldErasure = rowsOf('webhook_held', ofLane)
