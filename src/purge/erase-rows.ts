// Erases what a table has of an instance, a batch in each transaction, so that nobody waits long for a row and a kill costs one batch.
import type { Database, Transaction } from '../database/database.ts'
import { BATCH_ROWS, eraseSome, keysOf } from './erase-batch.ts'
import type { Erasure } from './erasure.ts'
import { erasures, objectRows } from './erasures.ts'
import { advance, type Progress, type Purge } from './purge-rows.ts'
import { holdTables } from './tombstones.ts'

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
    await holdTables(tx)
    const count = await eraseSome(tx, of.erasure, purge.instanceId)
    const erased = { what: of.erasure.name, count }
    return advance(tx, mine, count < BATCH_ROWS ? { ...of.next, erased } : { erased })
  }, signal)

/** The name of a table that has something of the instance still, or again; null: none. Until the transaction ends each keeps its name. */
export async function findLeft(tx: Transaction, instanceId: string): Promise<string | null> {
  await holdTables(tx)
  for (const erasure of erasures) if ((await keysOf(tx, erasure, instanceId, 1)).length > 0) return erasure.name
  return (await objectRows.keysOf(tx, instanceId, 1)).length > 0 ? objectRows.table : null
}
