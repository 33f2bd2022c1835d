// How many commands wait, of all instances, and for what: for whoever watches, at a cost that is bounded.
import { boundedCount } from '../database/bounded-count.ts'
import type { Transaction } from '../database/database.ts'
import { isWaiting, waitOf } from './command-turns.ts'
import type { WaitReason } from './commands-shown.ts'

/** What each waits for is asked of the rows around it: of so many, those that expire first. */
export const MOST_ASKED = 1_000
/** A walk along an index. */
export const MOST_UNFINISHED = 10_000

export type WaitingCommands = {
  unfinished: number
  byReason: Readonly<Partial<Record<WaitReason, number>>>
  oldestSeconds: number
}

/** Those whose record the log does not have yet are not among them. */
export async function readWaiting(database: Transaction): Promise<WaitingCommands> {
  const [row] = await database.query<WaitingCommands>(waitingSql)
  if (row === undefined) throw new Error('reading how many commands wait: got no row')
  return row
}

const waitingSql = `with first as materialized (
  select c.* from commands c where ${isWaiting('c')} order by c.expires_at limit (select ${MOST_ASKED})
), reasons as (
  select w.reason, count(*)::integer as commands from first c cross join lateral ${waitOf('c')} w group by w.reason
)
select ${boundedCount(`1 from commands c where ${isWaiting('c')}`, MOST_UNFINISHED)} as unfinished,
  (select coalesce(json_object_agg(reason, commands), '{}') from reasons) as "byReason",
  coalesce(extract(epoch from now() - (select min(asked_at) from first)), 0)::float8 as "oldestSeconds"`
