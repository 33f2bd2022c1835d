// Deliveries that were given up: for 30 days a row each, for whoever looks at their endpoint.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { alongBy } from '../../purge/erasure.ts'
import { countSkipped } from './skipped.ts'

/** Counted for its lane, whose next delivery says so, and once, however often this is said. */
export async function noteDeath(
  tx: Transaction,
  of: { deliveryId: string; endpointId: string; lane: string },
  reason: string,
): Promise<void> {
  await tx.query(
    `with died as (
       insert into webhook_deaths (delivery_id, endpoint_id, reason) values ($1, $2, $4) on conflict do nothing returning delivery_id)
     ${countSkipped('select $3, 1 from died')}`,
    [of.deliveryId, of.endpointId, of.lane, reason],
  )
}

/** It is to be sent again. What its lane's next delivery says of those it skipped stays so. */
export const forgetDeath = (tx: Transaction, deliveryId: string) =>
  tx.query('delete from webhook_deaths where delivery_id = $1', [deliveryId])

/** Of an endpoint `e`, up to a most. In the order of the one index that begins with the endpoint. */
export const diedSince = (since: string, e: string, most: number): string =>
  boundedCount(`${deathsOf(e, since)} order by d.endpoint_id, d.died_at`, most)

/** Why the newest one of an endpoint `e` died: a statement of one row at most. */
export const newestDeathOf = (e: string): string =>
  `select reason ${deathsOf(e, "'-infinity'")} order by d.endpoint_id desc, d.died_at desc limit 1`

/** Compared as pairs: there is an index by time alone, too. */
const deathsOf = (e: string, since: string): string =>
  `from webhook_deaths d where (d.endpoint_id, d.died_at) > (${e}.endpoint_id, ${since}) and (d.endpoint_id, d.died_at) <= (${e}.endpoint_id, 'infinity')`

/** A condition: of the endpoint with this id (SQL) there are any. */
export const hasDeaths = (endpointId: string): string =>
  `exists (select from webhook_deaths d where d.endpoint_id = ${endpointId})`

/** Of more than 30 days, 5,000 at once. */
export const forgetOldDeaths = (database: Transaction) =>
  database.query(
    `delete from webhook_deaths where delivery_id in (
       select delivery_id from webhook_deaths where died_at < now() - interval '30 days' order by died_at limit 5000)`,
  )

export const deathsAlong = alongBy('webhook_deaths', 'delivery_id')
