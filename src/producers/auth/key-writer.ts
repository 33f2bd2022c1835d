// The key writes of all accounts of this process: those that wait together are one statement, whatever number of accounts they are of, so
// that fifty sockets need one commit where each alone would need its own. One statement at a time; nobody waits for a timer.
import { type Database, DatabaseError } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { type KeyChange, type Written, writeChanges } from './auth-tables.ts'

export type KeyWriter = {
  /** Rejects with DatabaseError. */
  write(change: KeyChange): Promise<Written>
}
type Deps = { database: Database; timeoutMs: number }
type Outcome = { written: Written } | { error: unknown }

/** Accounts in one statement. */
const maxTogether = 64

/** `timeoutMs`: after it sockets are given up that wait for a write (socket-life.ts); what hangs so long holds nobody up any more. */
export function createKeyWriter(deps: Deps): KeyWriter {
  const write = coalesce((changes: readonly KeyChange[]) => writeTogether(deps, changes), maxTogether)
  return {
    write: async change => {
      const outcome = await write(change)
      if ('error' in outcome) throw outcome.error
      return outcome.written
    },
  }
}

/** What Postgres refuses for good is written account by account, so that one account's row costs no other its keys. */
async function writeTogether(deps: Deps, changes: readonly KeyChange[]): Promise<readonly Outcome[]> {
  try {
    const hangs = AbortSignal.timeout(deps.timeoutMs)
    const given = () => new DatabaseError('timeout', `writing keys: no answer within ${deps.timeoutMs} ms`, { perhapsDone: true })
    return (await orAbort(writeChanges(deps.database, changes), given, hangs)).map(written => ({ written }))
  } catch (error) {
    if (changes.length === 1 || isOfAll(error)) return changes.map(() => ({ error }))
    const outcomes: Outcome[] = []
    for (const change of changes) outcomes.push(...(await writeTogether(deps, [change])))
    return outcomes
  }
}

/** A database that is away, slow or full is so for each of them. */
const isOfAll = (error: unknown): boolean => error instanceof DatabaseError && (error.retryable || error.code === 'aborted')
