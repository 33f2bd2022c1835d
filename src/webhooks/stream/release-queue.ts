// Holds deliveries and lets them go, in lane order: what is not ready and holds its lane keeps every later one behind it;
// everything else goes at once. What goes is released exactly once, with what its file has become by then.
import type { Transaction } from '../../database/database.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { insertMatched, markReleased } from '../deliveries/deliveries.ts'
import { withOutcome } from './delivery-body.ts'
import { holdOf, insertHeld, type Lane, markDue, markFileKnown, readHeldLanes, takeReady } from './held.ts'
import { type FileRow, readFiles } from './media-messages.ts'
import { markTold } from './media-told.ts'

export type { Released } from '../deliveries/attempt-record.ts'
/** The file that a delivery shows: `seconds` null waits until settled, 0 does not wait. */
export type Hold = { mediaEventId: string; seconds: number | null; holdsLane: boolean }

export type ReleaseQueue = {
  /** Releases, or keeps behind what holds the lane. */
  offer(delivery: Released, hold: Hold | null): Promise<void>
  /** What has become of this message's file is known: whatever waited for it is ready. */
  releaseKnown(mediaEventId: string, recordedAt: number): Promise<void>
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
  const heldLanes = new Set(await readHeldLanes(tx, [...new Set(partitions)]))
  const step: Step = { tx, heldLanes, taken: [], released: [] }
  return {
    of: partition => ({
      offer: (delivery, hold) => offer(step, partition, delivery, hold),
      releaseKnown: async (mediaEventId, recordedAt) =>
        letGo(step, { partition, lanes: await markFileKnown(tx, mediaEventId) }, recordedAt),
      releaseDue: async recordedAt => letGo(step, { partition, lanes: await markDue(tx, partition) }, recordedAt),
    }),
    finish: async () => {
      await insertMatched(tx, step.taken)
      await markReleased(
        tx,
        step.released.map(one => one.delivery.deliveryId),
      )
      return step.released
    },
  }
}

/** What one transaction has taken and let go so far. */
type Step = {
  tx: Transaction
  /** Lanes that something holds. */
  heldLanes: Set<string>
  taken: { delivery: Released; state: 'held' | 'pending' }[]
  released: { partition: number; delivery: Released }[]
}

async function offer(step: Step, partition: number, delivery: Released, hold: Hold | null): Promise<void> {
  const { tx, heldLanes, taken, released } = step
  const waits = hold !== null && hold.seconds !== 0
  if (!waits && !heldLanes.has(delivery.lane)) {
    if (hold !== null) await markTold(tx, delivery, hold.mediaEventId, nothingYet)
    taken.push({ delivery, state: 'pending' })
    released.push({ partition, delivery })
    return
  }
  const holdsLane = waits && hold.holdsLane
  taken.push({ delivery, state: 'held' })
  const { mediaEventId, seconds } = hold ?? { mediaEventId: null, seconds: null }
  await insertHeld(tx, { partition, delivery, mediaEventId, holdsLane, ready: !waits, seconds })
  if (holdsLane) heldLanes.add(delivery.lane)
}

async function letGo(step: Step, of: { partition: number; lanes: readonly string[] }, recordedAt: number): Promise<void> {
  const { partition } = of
  for (const lane of [...new Set(of.lanes)].sort()) {
    for (const delivery of await release(step.tx, { partition, lane }, recordedAt)) step.released.push({ partition, delivery })
    if ((await holdOf(step.tx, { partition, lane })) === null) step.heldLanes.delete(lane)
  }
}

const nothingYet = { round: 0, rank: 0 }

/** What is ready at the head of a lane, as it is told now. */
async function release(tx: Transaction, lane: Lane, recordedAt: number): Promise<readonly Released[]> {
  const rows = await takeReady(tx, lane)
  const files = await readFiles(
    tx,
    rows.flatMap(row => row.media_event_id ?? []),
  )
  const fileOf = new Map(files.map(file => [file.event_id, file]))
  const ready: Released[] = []
  for (const row of rows) {
    const file = row.media_event_id === null ? undefined : fileOf.get(row.media_event_id)
    const delivery = { ...row.released, recordedAt: Math.max(recordedAt, row.released.recordedAt) }
    if (file !== undefined) await markTold(tx, delivery, file.event_id, file)
    ready.push(file === undefined ? delivery : showOutcome(delivery, file))
  }
  return ready
}

const showOutcome = (delivery: Released, { message, outcome }: FileRow): Released => ({
  ...delivery,
  body: withOutcome(delivery.body, message.media, outcome),
  hasThumbnail: outcome?.hasThumbnail ?? false,
})
