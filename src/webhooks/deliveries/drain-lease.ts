// The right to drain the outbox, one member's at a time, so that the order of the rows is the order in the log. Postgres' clock says when it ends.
import type { Database } from '../../database/database.ts'

/** `member` takes or keeps it for leaseMs. */
export type DrainLease = { member: string; leaseMs: number }

/** A statement that takes or keeps it where `condition` holds and nobody else has it: one row then. $1 is the member, $2 the time in ms. */
export const holdsLease = (condition: string): string => `
  update webhook_outbox_turn set member = $1, ends_at = now() + $2 * interval '1 millisecond'
   where (member = $1 or ends_at < now()) and ${condition} returning is_only`

export const giveLeaseBack = (database: Database, member: string) =>
  database.query(`update webhook_outbox_turn set member = null, ends_at = now() where member = $1`, [member])
