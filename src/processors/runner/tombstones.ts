// Whether an instance is purged, as processors ask: nothing is done for it. A record that a kill left in the middle comes again, so that what
// it had put goes then: no moment is left in which an object stays that nobody knows.
import type { Transaction } from '../../database/database.ts'
import { purgedAmong } from '../../purge/tombstones.ts'

export type Tombstones = {
  /** Rejects DatabaseError. */
  isPurged(instanceId: string): Promise<boolean>
}

export const createTombstones = (database: Transaction): Tombstones => ({
  isPurged: async instanceId => (await purgedAmong(database, [instanceId])).has(instanceId),
})
