// What processors do for a purged instance: nothing, and what they had put meanwhile goes. A record that a kill left in the middle comes again,
// so that its object goes then: no moment is left in which one stays that nobody knows.
import type { Transaction } from '../database/database.ts'
import type { ObjectStore } from '../objects/objects.ts'
import { purgedAmong } from '../purge/tombstones.ts'

export type Tombstones = {
  /** Rejects DatabaseError. */
  isPurged(instanceId: string): Promise<boolean>
}

export const createTombstones = (database: Transaction): Tombstones => ({
  isPurged: async instanceId => (await purgedAmong(database, [instanceId])).has(instanceId),
})

/** The keys, and all that is under the prefixes, each of one event alone. Rejects ObjectError. */
export async function clearAway(
  objects: Pick<ObjectStore, 'delete' | 'list'>,
  { keys, prefixes }: { keys: readonly string[]; prefixes: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const found = [...keys]
  for (const prefix of prefixes) for await (const { key } of objects.list(prefix, signal)) found.push(key)
  await objects.delete(found, signal)
}
