// Holds deliveries and lets them go, in lane order: what is not ready and holds its lane keeps every later one behind it;
// everything else goes at once. What goes is released exactly once, with what its file has become by then.
import type { Transaction } from '../../database/database.ts'
import type { EventOf, Media } from '../../events/event.ts'
import { withOutcome } from './delivery-body.ts'
import type { MediaOutcome } from './media-outcome.ts'

export type Released = EventOf<'delivery.released'>
/** The file that a delivery shows: `seconds` null waits until settled, 0 does not wait. */
export type Hold = { mediaEventId: string; seconds: number | null; holdsLane: boolean }

export type ReleaseQueue = {
  /** Releases, or keeps behind what holds the lane. */
  offer(delivery: Released, hold: Hold | null): Promise<void>
  /** The file of this message is settled: whatever waited for it is ready. */
  settle(mediaEventId: string, recordedAt: number): Promise<void>
  /** What has waited as long as its endpoint allows, by Postgres' clock, is ready. */
  releaseDue(recordedAt: number): Promise<void>
}
export type ReleaseQueues = {
  of(partition: number): ReleaseQueue
  /** Everything released since the queues were opened, in order; writes the delivery rows. */
  finish(): Promise<readonly { partition: number; delivery: Released }[]>
}

/** One for each of these partitions; a lane is in one of them. */
export async function openReleaseQueues(tx: Transaction, partitions: readonly number[]): Promise<ReleaseQueues> {
  const held = await tx.query<{ lane: string }>(heldLanes, [[...new Set(partitions)]])
  const turn: Turn = { tx, heldLanes: new Set(held.map(row => row.lane)), taken: [], released: [] }
  return {
    of: partition => queueOf(turn, partition),
    finish: async () => {
      await writeDeliveries(turn)
      return turn.released
    },
  }
}

const holding = 'not h.ready and h.holds_lane'
/** From lane to lane along the index: a chat in which thousands are held costs one step. */
const heldLanes = `
  select held.lane from unnest($1::integer[]) as p(partition) cross join lateral (
    with recursive held as (
      (select h.lane from webhook_held h where h.partition = p.partition and ${holding} order by h.lane limit 1)
      union all
      select (select h.lane from webhook_held h where h.partition = p.partition and ${holding} and h.lane > held.lane order by h.lane limit 1)
      from held where held.lane is not null)
    select lane from held where lane is not null) held`

type Turn = {
  tx: Transaction
  heldLanes: Set<string>
  taken: { delivery: Released; state: 'held' | 'pending' }[]
  released: { partition: number; delivery: Released }[]
}

function queueOf({ tx, heldLanes, taken, released }: Turn, partition: number): ReleaseQueue {
  const offer: ReleaseQueue['offer'] = async (delivery, hold) => {
    const waits = hold !== null && hold.seconds !== 0
    if (!waits && !heldLanes.has(delivery.lane)) {
      if (hold !== null) await markTold(tx, delivery, hold.mediaEventId, nothingYet)
      taken.push({ delivery, state: 'pending' })
      released.push({ partition, delivery })
      return
    }
    const holdsLane = waits && hold.holdsLane
    taken.push({ delivery, state: 'held' })
    await insertHeld(tx, {
      partition,
      delivery,
      mediaEventId: hold?.mediaEventId ?? null,
      holdsLane,
      ready: !waits,
      seconds: hold?.seconds ?? null,
    })
    if (holdsLane) heldLanes.add(delivery.lane)
  }

  const letGo = async (lanes: readonly string[], recordedAt: number) => {
    for (const lane of [...new Set(lanes)].sort()) {
      for (const delivery of await takeReady(tx, { partition, lane }, recordedAt)) released.push({ partition, delivery })
      if ((await holdOf(tx, { partition, lane })) === null) heldLanes.delete(lane)
    }
  }

  return {
    offer,
    settle: async (mediaEventId, recordedAt) => {
      const rows = await tx.query<{ lane: string }>(
        'update webhook_held set ready = true where media_event_id = $1 and not ready returning lane',
        [mediaEventId],
      )
      await letGo(
        rows.map(row => row.lane),
        recordedAt,
      )
    },
    releaseDue: async recordedAt => {
      const rows = await tx.query<{ lane: string }>(
        `update webhook_held set ready = true
          where partition = $1 and not ready and due_at <= now() returning lane`,
        [partition],
      )
      await letGo(
        rows.map(row => row.lane),
        recordedAt,
      )
    },
  }
}

const nothingYet = { round: 0, rank: 0 }

type HeldRow = { held_id: string; media_event_id: string | null; released: Released }
type MediaRow = { event_id: string; round: number; rank: number; outcome: MediaOutcome | null; message: { media: Media } }

type Lane = { partition: number; lane: string }

/** Takes what is ready from the head of a lane, up to the first that still holds it. */
async function takeReady(tx: Transaction, lane: Lane, recordedAt: number): Promise<readonly Released[]> {
  const rows = await tx.query<HeldRow>(
    `delete from webhook_held where lane = $1 and ready and held_id < coalesce($2::bigint, 9223372036854775807)
     returning held_id, media_event_id, released`,
    [lane.lane, await holdOf(tx, lane)],
  )
  const media = await tx.query<MediaRow>(
    'select event_id, round, rank, outcome, message from webhook_media where event_id = any($1)',
    [rows.flatMap(row => row.media_event_id ?? [])],
  )
  const mediaOf = new Map(media.map(row => [row.event_id, row]))
  const ready: Released[] = []
  for (const row of [...rows].sort((a, b) => Number(BigInt(a.held_id) - BigInt(b.held_id)))) {
    const file = row.media_event_id === null ? undefined : mediaOf.get(row.media_event_id)
    const delivery = { ...row.released, recordedAt: Math.max(recordedAt, row.released.recordedAt) }
    if (file !== undefined) await markTold(tx, delivery, file.event_id, file)
    ready.push(file === undefined ? delivery : showOutcome(delivery, file))
  }
  return ready
}

const showOutcome = (delivery: Released, { message, outcome }: MediaRow): Released => ({
  ...delivery,
  body: withOutcome(delivery.body, message.media, outcome),
  hasThumbnail: outcome?.hasThumbnail ?? false,
})

/** The first that keeps everything behind it; null: nothing does. */
async function holdOf(tx: Transaction, { partition, lane }: Lane): Promise<string | null> {
  const [row] = await tx.query<{ held_id: string }>(
    `select held_id from webhook_held h where h.partition = $1 and h.lane = $2 and ${holding} order by held_id limit 1`,
    [partition, lane],
  )
  return row?.held_id ?? null
}

async function markTold(tx: Transaction, of: Released, mediaEventId: string, standing: { round: number; rank: number }) {
  await tx.query(
    `insert into webhook_media_told (event_id, endpoint_id, endpoint_version, lane, round, rank)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [mediaEventId, of.endpointId, of.endpointVersion, of.lane, standing.round, standing.rank],
  )
}

type NewHeld = {
  partition: number
  delivery: Released
  mediaEventId: string | null
  holdsLane: boolean
  ready: boolean
  seconds: number | null
}
async function insertHeld(tx: Transaction, of: NewHeld) {
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

async function writeDeliveries({ tx, taken, released }: Turn) {
  const column = (value: (one: { delivery: Released; state: string }) => unknown) => taken.map(value)
  if (taken.length > 0)
    await tx.query(
      `insert into webhook_deliveries
         (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state, released_at)
       select n.*, case n.state when 'pending' then now() end
         from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
           as n (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state)
       on conflict (delivery_id) do nothing`,
      [
        column(one => one.delivery.deliveryId),
        column(one => one.delivery.endpointId),
        column(one => one.delivery.endpointVersion),
        column(one => eventIdOf(one.delivery)),
        column(one => one.delivery.instanceId),
        column(one => one.delivery.lane),
        column(one => one.delivery.webhookType),
        column(one => one.delivery.messageId ?? null),
        column(one => one.state),
      ],
    )
  if (released.length > 0)
    await tx.query(
      `update webhook_deliveries set state = 'pending', released_at = clock_timestamp() where delivery_id = any($1) and state = 'held'`,
      [released.map(one => one.delivery.deliveryId)],
    )
}

/** deliveryId is {eventId}_{endpointId}. */
const eventIdOf = (delivery: Released) => delivery.deliveryId.slice(0, delivery.deliveryId.indexOf('_'))
