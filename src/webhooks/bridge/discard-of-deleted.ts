// What a deleted endpoint was still owed is discarded a little at a time: deliveries that wait as rows, with their lanes, and those that
// are held. What is under way in the log is discarded where it arrives (attempt-delivery.ts).
import type { Database } from '../../database/database.ts'

const LANES_AT_ONCE = 200
const HELD_AT_ONCE = 1_000

export async function discardOfDeleted(database: Database, signal: AbortSignal): Promise<void> {
  while ((await discardLanes(database, signal)) === LANES_AT_ONCE) signal.throwIfAborted()
  while ((await discardHeld(database)) === HELD_AT_ONCE) signal.throwIfAborted()
  await database.query(forgetSkipped)
}

/** Nobody is told any more what a lane skipped. Lanes begin with their endpoint's id. */
const forgetSkipped = `
  delete from webhook_skipped s using webhook_endpoints e
  where e.deleted_at is not null and e.endpoint_id = split_part(s.lane, '/', 1)`

/** A lane is locked first, as whoever enters and leaves it does; one that is being attempted is left to the next look. */
const discardLanes = (database: Database, signal: AbortSignal): Promise<number> =>
  database.transact(async tx => {
    const lanes = await tx.query<{ lane: string }>(
      `select w.lane from webhook_waiting_lanes w join webhook_endpoints e using (endpoint_id)
        where e.deleted_at is not null and (w.claimed_until is null or w.claimed_until < now()) limit $1 for update of w skip locked`,
      [LANES_AT_ONCE],
    )
    if (lanes.length === 0) return 0
    const names = lanes.map(one => one.lane)
    await tx.query(
      `with gone as (delete from webhook_waiting where lane = any($1) returning delivery_id)
       update webhook_deliveries d set ${discarded} from gone where d.delivery_id = gone.delivery_id and ${unfinished}`,
      [names],
    )
    await tx.query('delete from webhook_waiting_lanes where lane = any($1)', [names])
    return names.length
  }, signal)

async function discardHeld(database: Database): Promise<number> {
  const rows = await database.query(
    `with gone as (
       delete from webhook_held where held_id in (
         select h.held_id from webhook_held h join webhook_deliveries d using (delivery_id) join webhook_endpoints e using (endpoint_id)
          where e.deleted_at is not null limit $1) returning delivery_id)
     update webhook_deliveries d set ${discarded} from gone where d.delivery_id = gone.delivery_id and ${unfinished} returning 1`,
    [HELD_AT_ONCE],
  )
  return rows.length
}

const discarded = `state = 'discarded', error = 'the endpoint was deleted', retry_at = null`
const unfinished = `d.state not in ('delivered', 'dead', 'discarded')`
