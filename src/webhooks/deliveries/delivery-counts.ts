// How many deliveries there are, at a cost that is the same however many: exact up to a most, and above it what Postgres estimates.

/** Of one endpoint, or of one table. */
export const MOST_COUNTED = 20_000

/** `deliveries` is an estimate where it is not exact. */
export type Count = { deliveries: number; isExact: boolean }
/** What Postgres knows of a table without a look at its rows: as it goes along, which a crash makes it forget, and as of its last look. */
export type Estimate = { live: number; analysed: number }

export const estimateOf = (table: string): string =>
  `(select json_build_object('live', pg_stat_get_live_tuples(oid), 'analysed', greatest(reltuples, 0))
      from pg_class where oid = '${table}'::regclass)`

export const exactly = (deliveries: number): Count => ({ deliveries, isExact: true })

export const about = (counted: number, { live, analysed }: Estimate): Count => ({
  deliveries: Math.round(live > counted ? live : Math.max(counted, analysed)),
  isExact: false,
})
