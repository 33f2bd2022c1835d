// Erases what a table has of an instance, a batch in each transaction, so that nobody waits long for a row and a kill costs one batch.
import type { Database, Transaction } from '../database/database.ts'
import type { Erasure } from './erasure.ts'
import { erasures, objectRows } from './erasures.ts'
import { advance, type Progress, type Purge } from './purge-rows.ts'

/** Some milliseconds of work. */
export const BATCH_ROWS = 500

/** One batch; `next` once nothing is left. null: somebody else went on with the purge. */
export const eraseBatch = (
  database: Database,
  purge: Purge,
  of: { erasure: Erasure; next: Progress },
  signal: AbortSignal,
): Promise<Purge | null> =>
  database.transact(async tx => {
    const mine = await advance(tx, purge)
    if (mine === null) return null
    const keys = await keysOf(tx, of.erasure, purge.instanceId, BATCH_ROWS)
    for (const sql of keys.length === 0 ? [] : of.erasure.deletes) await tx.query(sql, [keys])
    const erased = { what: of.erasure.name, count: keys.length }
    return advance(tx, mine, keys.length < BATCH_ROWS ? { ...of.next, erased } : { erased })
  }, signal)

/** The name of a table that has something of the instance still, or again; null: none. */
export async function findLeft(tx: Transaction, instanceId: string): Promise<string | null> {
  for (const erasure of erasures) if ((await keysOf(tx, erasure, instanceId, 1)).length > 0) return erasure.name
  return (await objectRows.keysOf(tx, instanceId, 1)).length > 0 ? objectRows.table : null
}

async function keysOf(tx: Transaction, { keys }: Erasure, instanceId: string, limit: number): Promise<readonly string[]> {
  const rows = await tx.query<{ key: string }>(keys, [instanceId, limit])
  return rows.map(row => row.key)
}
