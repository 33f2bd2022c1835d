// How many deliveries of a lane died since it last delivered: the next delivery says so.
import type { Transaction } from '../../database/database.ts'
import { ofLane, rowsOf } from '../../purge/erasure.ts'

/** A statement that adds what `select` gives, as lane and number. */
export const countSkipped = (select: string): string => `
  insert into webhook_skipped as s (lane, skipped) ${select}
  on conflict (lane) do update set skipped = s.skipped + 1`

/** A statement: the lanes that `lanes` selects have delivered. */
export const forgetSkippedIn = (lanes: string): string => `delete from webhook_skipped where lane in (${lanes}) returning lane`

/** These lanes have delivered. */
export async function forgetSkipped(tx: Transaction, lanes: readonly string[]): Promise<void> {
  if (lanes.length > 0) await tx.query(forgetSkippedIn('select unnest($1::text[])'), [lanes])
}

/** A join: the row `s` of this lane (SQL), if there is one; looked up for each, also by a plan that was made while there were few. */
export const joinSkipped = (lane: string): string =>
  `left join lateral (select * from webhook_skipped where lane = ${lane} limit 1) s on true`

/** Nobody is told any more what a lane of these endpoints skipped; `endpointIds` is a statement. Lanes begin with their endpoint's id. */
export const forgetSkippedOf = (database: Transaction, endpointIds: string) =>
  database.query(`delete from webhook_skipped s where split_part(s.lane, '/', 1) in (${endpointIds})`)

export const skippedErasure = rowsOf('webhook_skipped', ofLane)
