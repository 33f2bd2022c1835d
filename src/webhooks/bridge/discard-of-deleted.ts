// What a deleted endpoint was still owed is discarded a little at a time: deliveries that wait as rows, with their lanes, and those that
// are held. What is under way in the log is discarded where it arrives (attempt-delivery.ts).
import type { Database } from '../../database/database.ts'
import { discard } from '../deliveries/deliveries.ts'
import { forgetSkippedOf } from '../deliveries/skipped.ts'
import { deleteWaitingIn } from '../deliveries/waiting.ts'
import { deletedEndpoints } from '../endpoints/endpoint-rows.ts'
import { deleteHeldOfDeleted } from '../stream/held.ts'
import { deleteLanes, lockLanesOfDeleted } from './waiting-lanes.ts'

const LANES_AT_ONCE = 200
const HELD_AT_ONCE = 1_000
const REASON = 'the endpoint was deleted'

export async function discardOfDeleted(database: Database, signal: AbortSignal): Promise<void> {
  while ((await discardLanes(database, signal)) === LANES_AT_ONCE) signal.throwIfAborted()
  while ((await discardHeld(database, signal)) === HELD_AT_ONCE) signal.throwIfAborted()
  await forgetSkippedOf(database, deletedEndpoints)
}

const discardLanes = (database: Database, signal: AbortSignal): Promise<number> =>
  database.transact(async tx => {
    const lanes = await lockLanesOfDeleted(tx, LANES_AT_ONCE)
    if (lanes.length === 0) return 0
    await discard(tx, await deleteWaitingIn(tx, lanes), REASON)
    await deleteLanes(tx, lanes)
    return lanes.length
  }, signal)

const discardHeld = (database: Database, signal: AbortSignal): Promise<number> =>
  database.transact(async tx => {
    const ids = await deleteHeldOfDeleted(tx, HELD_AT_ONCE)
    if (ids.length > 0) await discard(tx, ids, REASON)
    return ids.length
  }, signal)
