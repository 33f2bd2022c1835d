// Ids of instances as if each had been created, without what the log says of a creation.
import type { Database } from '../../../src/database/database.ts'
import { reserveId } from '../../../src/instances/instance-ids.ts'

export async function giveOutIds(database: Database, ...ids: readonly string[]): Promise<void> {
  const never = new AbortController().signal
  for (const id of ids)
    await database.transact(tx => reserveId(tx, { id, requestId: id, nowAt: 0, name: id, settings: {} }), never)
}
