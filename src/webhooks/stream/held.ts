// The rows of deliveries that are held for their media, and of those that wait behind one in their lane, in the order of the lane.
// What is not ready and holds its lane keeps every later one behind it.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import { ofLane, rowsOf } from '../../purge/erasure.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { deliveriesOf } from '../deliveries/deliveries.ts'
import { deletedEndpoints } from '../endpoints/endpoint-rows.ts'
import type { FileRow } from './file-row.ts'

/** A delivery that is held. Rows of a lane are in the order of their ids. */
export type HeldRow = {
  held_id: string
  partition: number
  lane: string
  media_event_id: string | null
  holds_lane: boolean
  ready: boolean
  /** It waits, and has waited as long as its endpoint allows, by Postgres' clock. */
  is_due: boolean
  released: Released
  /** What is known of its file; null: it has none. */
  file: FileRow | null
  /** Of its event; null: nobody traced it. */
  traceparent: string | null
  /** Since when it is held, epoch ms. */
  held_at_ms: number
}
export type NewHeld = {
  partition: number
  delivery: Released
  mediaEventId: string | null
  holdsLane: boolean
  ready: boolean
  /** null: until settled, or only waits behind. */
  seconds: number | null
  /** Of its event; null: nobody traced it. */
  traceparent: string | null
}

const holding = 'not h.ready and h.holds_lane'

/** From lane to lane along the index: a chat in which thousands are held costs one step. */
export const readHeldLanes = (partitions: Iterable<number>): Read<{ lane: string }> => ({
  sql: `
    select held.lane from (select json_array_elements_text($1::json)::integer as partition) p cross join lateral (
      with recursive held as (
        (select h.lane from webhook_held h where h.partition = p.partition and ${holding} order by h.lane limit 1)
        union all
        select (select h.lane from webhook_held h where h.partition = p.partition and ${holding} and h.lane > held.lane order by h.lane limit 1)
        from held where held.lane is not null)
      select lane from held where lane is not null) held`,
  values: [JSON.stringify([...new Set(partitions)])],
})

/**
 * Whatever waits for one of these files, or has waited as long as its endpoint allows in one of these partitions, by Postgres' clock; and of
 * each lane of those, in order, what else is ready and goes with it, and what holds it then, if anything does. Never more than that of a lane.
 * `fileOf`: a subselect of what is known of the file of a message (SQL), as JSON.
 */
export const readFreed = ({ mediaEventIds, duePartitions, fileOf }: Freed): Read<HeldRow> => ({
  sql: `
    with freed as materialized (
      select h.* from (select json_array_elements_text($1::json) as event_id) g cross join lateral (
        select * from webhook_held h where h.media_event_id = g.event_id and not h.ready offset 0) h
      union all
      select h.* from (select json_array_elements_text($2::json)::integer as partition) g cross join lateral (
        select * from webhook_held h where h.partition = g.partition and not h.ready and h.due_at <= now() offset 0) h),
    lanes as materialized (select partition, lane, count(*) as freed from freed group by partition, lane),
    first_holding as materialized (
      select h.* from lanes l cross join lateral (
        select * from webhook_held h where h.partition = l.partition and h.lane = l.lane and ${holding}
        order by h.held_id limit l.freed + 1) h),
    kept as (select h.* from first_holding h where not exists (select from freed where freed.held_id = h.held_id)),
    going as (
      select h.* from lanes l cross join lateral (
        select * from webhook_held h where h.lane = l.lane and h.ready
          and h.held_id < coalesce((select min(k.held_id) from kept k where k.lane = l.lane), 9223372036854775807) offset 0) h)
    select w.held_id::text, w.partition, w.lane, w.media_event_id, w.holds_lane, w.ready,
      coalesce(not w.ready and w.due_at <= now(), false) as is_due, w.released, ${fileOf('w.media_event_id')} as file,
      w.traceparent, (extract(epoch from w.held_at) * 1000)::float8 as held_at_ms
    from (select * from freed union all select * from kept union all select * from going) w order by w.held_id`,
  values: [JSON.stringify([...new Set(mediaEventIds)]), JSON.stringify(duePartitions)],
  isEmpty: mediaEventIds.length === 0 && duePartitions.length === 0,
})

type Freed = { mediaEventIds: readonly string[]; duePartitions: readonly number[]; fileOf(eventId: string): string }

/** `added`: in the order in which they come in their lanes; `ready` and `gone`: ids of rows that wait for nothing any more, and of released ones. */
export const writeHeld = (added: readonly NewHeld[], ready: readonly string[], gone: readonly string[]): readonly Write[] => [
  {
    sql: `insert into webhook_held (partition, lane, delivery_id, media_event_id, holds_lane, ready, due_at, released, traceparent)
      select n.partition, n.lane, n.delivery_id, n.media_event_id, n.holds_lane, n.ready, now() + n.seconds * interval '1 second', n.released::json, n.traceparent
      from json_to_recordset($1::json) as n(place integer, partition integer, lane text, delivery_id text, media_event_id text,
                                            holds_lane boolean, ready boolean, seconds float8, released text, traceparent text)
      order by n.place on conflict (delivery_id) do nothing`,
    values: [
      asRows(
        added.map(({ partition, delivery, mediaEventId, holdsLane, ready: isReady, seconds, traceparent }, place) => ({
          place,
          partition,
          lane: delivery.lane,
          delivery_id: delivery.deliveryId,
          media_event_id: mediaEventId,
          holds_lane: holdsLane,
          ready: isReady,
          seconds,
          released: JSON.stringify(delivery),
          traceparent,
        })),
      ),
    ],
    isEmpty: added.length === 0,
  },
  {
    sql: `update webhook_held h set ready = true where h.held_id = any(array(select json_array_elements_text($1::json))::bigint[])`,
    values: [JSON.stringify(ready)],
    isEmpty: ready.length === 0,
  },
  {
    sql: `delete from webhook_held h where h.held_id = any(array(select json_array_elements_text($1::json))::bigint[])`,
    values: [JSON.stringify(gone)],
    isEmpty: gone.length === 0,
  },
]

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
