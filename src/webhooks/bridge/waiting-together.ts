// What is asked of waiting lanes at one moment, of any of them, as one statement.
import type { Database, Transaction } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import type { Waiting, WaitingRecord } from '../deliveries/waiting.ts'
import { type Later, refusedFor, writeEachForItself } from './each-for-itself.ts'
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
type Deps = { claimMs: number; lifetime: AbortSignal }

const MAX_BATCH = 200

/** A row that is refused keeps nobody else out. */
export function createWaitingLanes(database: Database, { claimMs, lifetime }: Deps): WaitingLanes {
  const enter = coalesce((batch: readonly Entering[]) => enterEach(enterWaiting, batch), MAX_BATCH)
  const join = coalesce((batch: readonly Waiting[]) => enterEach(joinWaiting, batch), MAX_BATCH)

  /** As a transaction although it is one statement: then a deadlock and a connection that is lost cost no more than another try. */
  const enterEach = <Row>(
    write: (tx: Transaction, rows: readonly Row[]) => Promise<readonly boolean[]>,
    batch: readonly Row[],
  ): Promise<readonly Later<boolean>[]> =>
    writeEachForItself(
      {
        write: rows => database.transact(tx => write(tx, rows), lifetime),
        refused: async (_, error) => refusedFor(error),
      },
      batch,
      lifetime,
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
