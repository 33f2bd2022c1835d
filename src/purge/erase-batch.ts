// A table's rows of an instance are erased in batches, so that nobody waits long for a row: by a purge, or where the account is another one by now.
import type { Database, Transaction } from '../database/database.ts'
import { never } from '../runtime/or-abort.ts'
import type { Erasure } from './erasure.ts'

/** Some milliseconds of work. */
export const BATCH_ROWS = 500

/** All of them, a batch in each transaction. */
export async function eraseRows(database: Database, erasure: Erasure, instanceId: string): Promise<void> {
  while ((await database.transact(tx => eraseSome(tx, erasure, instanceId), never)) === BATCH_ROWS);
}

/** One batch; answers how many. */
export async function eraseSome(tx: Transaction, erasure: Erasure, instanceId: string): Promise<number> {
  const keys = await keysOf(tx, erasure, instanceId, BATCH_ROWS)
  for (const sql of keys.length === 0 ? [] : erasure.deletes) await tx.query(sql, [keys])
  return keys.length
}

export async function keysOf(tx: Transaction, { keys }: Erasure, instanceId: string, limit: number): Promise<readonly string[]> {
  const rows = await tx.query<{ key: string }>(keys, [instanceId, limit])
  return rows.map(row => row.key)
}
