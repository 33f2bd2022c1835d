// What whoever applies migrations holds meanwhile, for those who may not change tables beside them.
import type { Transaction } from './database.ts'

/** The one that node-pg-migrate takes by itself, as earlier releases let it. */
export const migrationLock = 7241865325823964

/** true: nobody applies migrations until the transaction ends. false: somebody does. */
export async function holdOffMigrations(tx: Transaction): Promise<boolean> {
  const [row] = await tx.query<{ held: boolean }>(`select pg_try_advisory_xact_lock_shared(${migrationLock}) as held`)
  return row?.held === true
}
