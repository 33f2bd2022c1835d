// Asking for a purge: the tombstone, in the transaction of whoever deletes the instance. What carries it out is woken after that.
import type { Transaction } from '../database/database.ts'

/** The instance's row is locked by the caller, who has marked it as deleted. Asked for again, it stays the one that it is. */
export async function requestPurge(
  tx: Transaction,
  of: { instanceId: string; requestId: string; requestedBy: string },
): Promise<void> {
  await tx.query(
    'insert into purges (instance_id, request_id, requested_by) values ($1, $2, $3) on conflict (instance_id) do nothing',
    [of.instanceId, of.requestId, of.requestedBy],
  )
}

/** A lost wake only costs time. */
export const wakePurges = (database: Transaction) => database.query(`select pg_notify('purges', '')`)
