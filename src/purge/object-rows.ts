// Rows that name objects of an instance: they go after them (erase-objects.ts). Their owner says how they are found and forgotten.
import type { Transaction } from '../database/database.ts'

export type ObjectRows = {
  table: string
  /** At most `limit` of them. */
  keysOf(tx: Transaction, instanceId: string, limit: number): Promise<readonly string[]>
  forget(tx: Transaction, instanceId: string, keys: readonly string[]): Promise<void>
}
