// What is asked of waiting lanes at one moment, of any of them, as one statement.
import type { Database } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import type { Waiting, WaitingRecord } from '../deliveries/waiting.ts'
import { eachForItself } from './each-for-itself.ts'
import { type Entering, enterWaiting, type Heading, headsOf, joinWaiting, leaveWaiting } from './waiting-lanes.ts'

export type WaitingLanes = {
  /** Opens the lane, due after dueInMs, or joins it where it waits already: then its own due time stays. Nothing of a purged instance waits. */
  enter(entering: Entering): Promise<void>
  /** false: the lane does not wait any more, and the delivery is next; or its instance is purged. */
  join(waiting: Waiting): Promise<boolean>
  /** As headsOf. */
  head(heading: Heading): Promise<WaitingRecord | null>
  /** As leaveWaiting. */
  leave(lane: string): Promise<boolean>
}

const MAX_BATCH = 200

/** A row that is refused keeps nobody else out. */
export function createWaitingLanes(
  database: Database,
  { claimMs, lifetime }: { claimMs: number; lifetime: AbortSignal },
): WaitingLanes {
  const enter = coalesce(
    eachForItself((batch: readonly Entering[]) => enterWaiting(database, batch)),
    MAX_BATCH,
  )
  const join = coalesce(
    eachForItself((batch: readonly Waiting[]) => joinWaiting(database, batch)),
    MAX_BATCH,
  )
  return {
    enter: async entering => {
      await (await enter(entering)).answer
    },
    join: async waiting => (await join(waiting)).answer,
    head: coalesce(batch => headsOf(database, batch, claimMs), MAX_BATCH),
    leave: coalesce(lanes => leaveWaiting(database, lanes, lifetime), MAX_BATCH),
  }
}
