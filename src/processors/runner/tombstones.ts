// Whether an instance is purged, as processors ask: nothing is done for it. A record that a kill left in the middle comes again, so that what
// it had put goes then: no moment is left in which an object stays that nobody knows.
import type { Transaction } from '../../database/database.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import { coalesce } from '../../runtime/coalesce.ts'

export type Tombstones = {
  /** Rejects DatabaseError. */
  isPurged(instanceId: string): Promise<boolean>
}

/** As many as are asked for while one statement is on its way are the next one; none is answered by what began before it was asked for. */
const MAX_BATCH = 500

export const createTombstones = (database: Transaction): Tombstones => ({
  isPurged: coalesce(async instanceIds => {
    const purged = await purgedAmong(database, instanceIds)
    return instanceIds.map(id => purged.has(id))
  }, MAX_BATCH),
})
