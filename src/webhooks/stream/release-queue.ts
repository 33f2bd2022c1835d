// Holds deliveries and lets them go, in lane order: what is not ready and holds its lane keeps every later one behind it;
// everything else goes at once. What goes is released exactly once, with what its file has become by then. All in memory, between what was
// read for a step and what is written of it.
import type { Write } from '../../database/statement-parts.ts'
import type { WasHeld } from '../../projections/projection.ts'
import { type Released, sourceOf } from '../deliveries/attempt-record.ts'
import { type Matched, writeMatched } from '../deliveries/deliveries.ts'
import { withOutcome } from './delivery-body.ts'
import type { FileRow } from './file-row.ts'
import { type Files, noteTold } from './files.ts'
import { type HeldRow, type NewHeld, writeHeld } from './held.ts'
import { nothingYet, type Standing } from './media-outcome.ts'
import type { Told } from './media-told.ts'

export type { Released } from '../deliveries/attempt-record.ts'
/** The file that a delivery shows: `seconds` null waits until settled, 0 does not wait. */
export type Hold = { mediaEventId: string; seconds: number | null; holdsLane: boolean }
/** What `readHeldLanes` and `readFreed` found. */
export type QueueSource = { heldLanes: readonly string[]; freed: readonly HeldRow[]; files: Files }
export type ReleaseQueue = {
  files: Files
  /** In the order of the lane: the rows that were read, then what came in this step. */
  lanes: Map<string, Place[]>
  byFile: Map<string, Place[]>
  /** Lanes that something holds now. */
  held: Set<string>
  /** Lanes that something held before, which was not read: it is before all that is known of the lane. */
  unread: ReadonlySet<string>
  matched: Map<string, Matched>
  /** In order. */
  released: { partition: number; delivery: Released; wasHeld: WasHeld | null }[]
  /** Of events of this step, by their ids, where somebody traces them. */
  traceparents: Map<string, string>
  gone: HeldRow[]
}
/** `row` null: it came in this step. `end`: what it waits for no more, in this step. */
type Place = { row: HeldRow | null; held: NewHeld; isReady: boolean; end: string | null }

export function openReleaseQueue({ heldLanes, freed, files }: QueueSource): ReleaseQueue {
  const read = new Set(freed.map(row => row.lane))
  const queue: ReleaseQueue = {
    files,
    lanes: new Map(),
    byFile: new Map(),
    held: new Set(heldLanes),
    unread: new Set(heldLanes.filter(lane => !read.has(lane))),
    matched: new Map(),
    released: [],
    traceparents: new Map(),
    gone: [],
  }
  for (const row of freed) enter(queue, { row, held: heldOf(row), isReady: row.ready, end: null })
  return queue
}

/** Releases, or keeps behind what holds the lane. */
export function offer(queue: ReleaseQueue, partition: number, delivery: Released, hold: Hold | null): void {
  const waits = hold !== null && hold.seconds !== 0
  if (!waits && !queue.held.has(delivery.lane)) {
    queue.matched.set(delivery.deliveryId, { delivery, state: 'pending' })
    queue.released.push({ partition, delivery, wasHeld: null })
    if (hold !== null) noteTold(queue.files, toldOf(delivery, { event_id: hold.mediaEventId, ...nothingYet }))
    return
  }
  const { mediaEventId, seconds } = hold ?? { mediaEventId: null, seconds: null }
  const holdsLane = waits && hold.holdsLane
  queue.matched.set(delivery.deliveryId, { delivery, state: 'held' })
  const traceparent = queue.traceparents.get(sourceOf(delivery)) ?? null
  const held = { partition, delivery, mediaEventId, holdsLane, ready: !waits, seconds, traceparent }
  enter(queue, { row: null, held, isReady: !waits, end: null })
  if (holdsLane) queue.held.add(delivery.lane)
}

/** What has become of this message's file is known: whatever waited for it is ready. */
export const releaseKnown = (queue: ReleaseQueue, mediaEventId: string, recordedAt: number): void =>
  letGo(queue, queue.byFile.get(mediaEventId) ?? [], {
    recordedAt,
    end: queue.files.rows.get(mediaEventId)?.outcome?.status ?? 'known',
  })

/** What has waited as long as its endpoint allows, by Postgres' clock, is ready. */
export const releaseDue = (queue: ReleaseQueue, recordedAt: number): void =>
  letGo(
    queue,
    [...queue.lanes.values()].flat().filter(({ row }) => row?.is_due === true),
    { recordedAt, end: 'deadline' },
  )

export function writesOfQueue({ lanes, matched, gone }: ReleaseQueue): readonly Write[] {
  const left = [...lanes.values()].flat()
  const readyNow = left.flatMap(({ row, isReady }) => (row !== null && isReady && !row.ready ? [row.held_id] : []))
  return [
    ...writeMatched(
      [...matched.values()],
      gone.map(row => row.released.deliveryId),
    ),
    ...writeHeld(
      left.flatMap(({ row, held, isReady }) => (row === null ? [{ ...held, ready: isReady }] : [])),
      readyNow,
      gone.map(row => row.held_id),
    ),
  ]
}

function enter(queue: ReleaseQueue, place: Place): void {
  const { delivery, mediaEventId } = place.held
  pushTo(queue.lanes, delivery.lane, place)
  if (mediaEventId !== null) pushTo(queue.byFile, mediaEventId, place)
}

/** `end`: why they wait no more, in a word. */
function letGo(queue: ReleaseQueue, places: readonly Place[], { recordedAt, end }: { recordedAt: number; end: string }): void {
  const freed = places.filter(place => !place.isReady)
  for (const place of freed) Object.assign(place, { isReady: true, end })
  const lanes = new Set(freed.map(place => place.held.delivery.lane))
  for (const lane of [...lanes].sort()) if (!queue.unread.has(lane)) empty(queue, lane, recordedAt)
}

/** What is ready at the head of the lane, up to the first that still holds it. */
function empty(queue: ReleaseQueue, lane: string, recordedAt: number): void {
  const places = queue.lanes.get(lane) ?? []
  const hold = places.findIndex(place => !place.isReady && place.held.holdsLane)
  const isGoing = (place: Place, at: number) => place.isReady && (hold === -1 || at < hold)
  for (const place of places.filter(isGoing)) release(queue, place, recordedAt)
  queue.lanes.set(
    lane,
    places.filter((place, at) => !isGoing(place, at)),
  )
  if (hold === -1) queue.held.delete(lane)
}

/** As it is told now. Held and released in one step, it was pending from the beginning. */
function release(queue: ReleaseQueue, { row, held, end }: Place, recordedAt: number): void {
  const { partition, delivery, mediaEventId } = held
  const going = { ...delivery, recordedAt: Math.max(recordedAt, delivery.recordedAt) }
  const file = mediaEventId === null ? undefined : queue.files.rows.get(mediaEventId)
  if (row !== null) queue.gone.push(row)
  else queue.matched.set(delivery.deliveryId, { delivery, state: 'pending' })
  const wasHeld = row === null ? null : { traceparent: row.traceparent, since: row.held_at_ms, end: end ?? 'lane' }
  queue.released.push({ partition, delivery: file === undefined ? going : showOutcome(going, file), wasHeld })
  if (file !== undefined) noteTold(queue.files, toldOf(going, file))
}

/** What its endpoint knows of the file by it. */
const toldOf = (delivery: Released, { event_id, round, rank }: Standing & { event_id: string }): Told => ({
  event_id,
  endpoint_id: delivery.endpointId,
  endpoint_version: delivery.endpointVersion,
  lane: delivery.lane,
  round,
  rank,
})

const showOutcome = (delivery: Released, { message, outcome }: FileRow): Released => ({
  ...delivery,
  body: withOutcome(delivery.body, message.media, outcome),
  hasThumbnail: outcome?.hasThumbnail ?? false,
})

const heldOf = (row: HeldRow): NewHeld => ({
  partition: row.partition,
  delivery: row.released,
  mediaEventId: row.media_event_id,
  holdsLane: row.holds_lane,
  ready: row.ready,
  seconds: null,
  traceparent: row.traceparent,
})

function pushTo(places: Map<string, Place[]>, key: string, place: Place): void {
  const known = places.get(key)
  if (known === undefined) places.set(key, [place])
  else known.push(place)
}
