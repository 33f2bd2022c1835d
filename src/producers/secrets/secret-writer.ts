// The secrets of all accounts of this process on their way into their table: one statement at a time, each with all that waits, so that
// a message costs a row and no commit of its own.
import { type Database, DatabaseError } from '../../database/database.ts'
import { addSecrets, type SecretRow } from '../../instances/message-secrets.ts'
import { coalesce, type Pace } from '../../runtime/coalesce.ts'
import { isBusy, loopLoad } from '../../runtime/loop-load.ts'
import { orAbort } from '../../runtime/or-abort.ts'

export type SecretWriter = {
  /** Resolves once these are durable, and all that were written before. Rejects with DatabaseError, perhaps done: again is the same. */
  write(rows: readonly SecretRow[]): Promise<void>
}

/** Calls in one statement. */
const maxTogether = 256
/** Under load, about as long as an append takes there: nothing is acknowledged later for it. */
const busyGapMs = 40
const isLoaded = () => isBusy(loopLoad())
const pace: Pace = { gapMs: () => (isLoaded() ? busyGapMs : 0), mayOthersJoin: isLoaded }

/** `timeoutMs`: what hangs so long holds up nobody who comes after it. */
export function createSecretWriter({ database, timeoutMs }: { database: Database; timeoutMs: number }): SecretWriter {
  const timedOut = () =>
    new DatabaseError('timeout', `writing secrets of messages: no answer within ${timeoutMs} ms`, { perhapsDone: true })

  const write = coalesce(
    async (calls: readonly (readonly SecretRow[])[]) => {
      const rows = calls.flat()
      if (rows.length > 0) await orAbort(addSecrets(database, rows), timedOut, AbortSignal.timeout(timeoutMs))
      return calls
    },
    maxTogether,
    pace,
  )

  return { write: async rows => void (await write(rows)) }
}
