// Forgets stanza parts, and message keys that were set aside, after [30 d]: WhatsApp keeps nothing for so long that it was not told about; and
// the others of this list once their time is over. In small bites, each by itself, at the start of whoever holds the producers' lock and hourly
// after that.
import type { Database } from '../../database/database.ts'
import { forgetCommands } from '../../instances/commands.ts'
import { forgetFirstContacts } from '../../instances/first-contacts.ts'
import { forgetSecrets } from '../../instances/message-secrets.ts'
import { forgetCodes, forgetRequests } from '../../instances/pairing-codes.ts'
import { forgetSessions } from '../../instances/processing-sessions.ts'
import { forgetReads } from '../../instances/socket-reads.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import { forgetStanzaParts } from '../gate/appended-stanza-parts.ts'
import { forgetSealed } from '../secrets/sealed-rows.ts'
import { forgetSetAside } from './auth-tables.ts'

const keptFor = '30 days'
const old = {
  'stanza parts': forgetStanzaParts,
  'keys set aside': forgetSetAside,
  'secrets of messages': forgetSecrets,
  'sealed messages': forgetSealed,
  commands: forgetCommands,
  'first contacts': forgetFirstContacts,
  'sessions of processing': forgetSessions,
  'requests for pairing codes': forgetRequests,
  'pairing codes': forgetCodes,
  'what was read by sockets': forgetReads,
}
const everyMs = 60 * 60 * 1000
const defaultBatchRows = 5_000

/** `trimmed`: told how many went, by what they are. */
type Deps = { database: Database; logger: Logger; trimmed?(what: string, rows: number): void }

/** Resolves when the signal aborts. */
export async function keepTrimming({ database, logger, trimmed = () => undefined }: Deps, signal: AbortSignal): Promise<void> {
  do {
    for (const [what, forget] of Object.entries(old))
      try {
        trimmed(what, await trim(database, forget, {}, signal))
      } catch (error) {
        // Nothing depends on it but room: the next hour does it.
        if (!signal.aborted) logger.warn('old-rows.not-trimmed', { what, error })
      }
  } while (await wait(everyMs, signal))
}

type Forget = typeof forgetStanzaParts

/** Answers how many were forgotten. */
export async function trim(
  database: Database,
  forget: Forget,
  of: { batchRows?: number },
  signal?: AbortSignal,
): Promise<number> {
  const { batchRows = defaultBatchRows } = of
  for (let forgotten = 0; ; ) {
    const gone = await forget(database, { keptFor, maxRows: batchRows })
    forgotten += gone
    if (gone < batchRows || signal?.aborted) return forgotten
  }
}
