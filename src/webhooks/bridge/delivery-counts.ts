// How many deliveries there are, at a cost that is the same however many: exact up to a most, and above it what Postgres estimates.
import { boundedCount } from '../../database/bounded-count.ts'

/** Of one endpoint, or of one table. */
export const MOST_COUNTED = 20_000

/** `deliveries` is an estimate where it is not exact. */
export type Count = { deliveries: number; isExact: boolean }
/** What Postgres knows of a table without a look at its rows: as it goes along, which a crash makes it forget, and as of its last look. */
export type Estimate = { live: number; analysed: number }

/**
 * Of an endpoint, `e` being a row of webhook_endpoints. Both are read in the order of the one index that begins with the endpoint: in any
 * other, Postgres may read past the rows of everybody else.
 */
export const waitingOf = (e: string, most: number): string =>
  boundedCount(`from webhook_waiting w where w.endpoint_id = ${e}.endpoint_id order by w.entered_at`, most)

/** Of one that is failing: those that it has not taken and that do not wait as rows yet, which is so for the first minute. */
export const untakenOf = (e: string, most: number): string =>
  boundedCount(
    `from webhook_deliveries d where d.endpoint_id = ${e}.endpoint_id and d.created_at > ${e}.failing_since - interval '1 minute'
       and d.state in ('pending', 'retrying') order by d.endpoint_id, d.created_at desc`,
    most,
  )

export const diedSince = (since: string, e: string, most: number): string =>
  boundedCount(`${deathsOf(e, since)} order by d.endpoint_id, d.died_at`, most)

/** Compared as pairs: there is an index by time alone, too. */
export const deathsOf = (e: string, since: string): string =>
  `from webhook_deaths d where (d.endpoint_id, d.died_at) > (${e}.endpoint_id, ${since}) and (d.endpoint_id, d.died_at) <= (${e}.endpoint_id, 'infinity')`

export const estimateOf = (table: 'webhook_waiting' | 'webhook_held'): string =>
  `(select json_build_object('live', pg_stat_get_live_tuples(oid), 'analysed', greatest(reltuples, 0))
      from pg_class where oid = '${table}'::regclass)`

export const exactly = (deliveries: number): Count => ({ deliveries, isExact: true })

export const about = (counted: number, { live, analysed }: Estimate): Count => ({
  deliveries: Math.round(live > counted ? live : Math.max(counted, analysed)),
  isExact: false,
})
