// What came of a POST is kept in its row before anything else may fail, and then concluded, however often either has to be tried: a write that
// fails is repeated, never the POST, and a process that dies in between leaves the row, from which the next one goes on.
// Many attempts are written at once. One of which Postgres refuses a value for good is written without its texts; what the log is owed for it
// is given up, and said, where even so a value of that is refused.
import type { Database } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { AttemptRecord } from '../deliveries/attempt-record.ts'
import { type Keeping, keepResults } from '../deliveries/attempts.ts'
import type { StandingChange } from '../endpoints/standing.ts'
import { concludeAttempts } from './conclude-attempts.ts'
import { blamesValues, type Writing, writeStubbornly } from './write-stubbornly.ts'

export type AttemptRecorder = {
  /** Durable when it resolves, if it is `kept`. Rejects only when the signal aborts. */
  keep(record: AttemptRecord): Promise<Keeping>
  /** Of one that was kept, now or before, or that was no attempt. Rejects only when the signal aborts. */
  conclude(record: AttemptRecord): Promise<null>
  /** Why what came of the last attempts is not written, or nothing made of it; null: it is. Nothing should be sent meanwhile. */
  trouble(): string | null
}
type Deps = { database: Database; logger: Logger; written(): void }

const MAX_BATCH = 200

export function createAttemptRecorder(deps: Deps, signal: AbortSignal): AttemptRecorder {
  const troubles: Troubles = new Map()
  const keeping = { ...stubbornly(deps, troubles, 'keep'), write: (rows: Rows) => keepResults(deps.database, rows) }
  const concluding = { ...stubbornly(deps, troubles, 'conclude'), write: (rows: Rows) => concludeRows(deps, rows, signal) }
  return {
    keep: coalesce(async batch => {
      const answers = await writeStubbornly(keeping, batch, signal)
      troubles.delete('keep')
      return answers.map(keepingOf)
    }, MAX_BATCH),
    conclude: coalesce(async batch => {
      await writeStubbornly(concluding, batch, signal)
      troubles.delete('conclude')
      deps.written()
      return batch.map(() => null)
    }, MAX_BATCH),
    trouble: () => [...troubles.values()][0] ?? null,
  }
}

type Rows = readonly AttemptRecord[]
type Troubles = Map<'keep' | 'conclude', string>
const keepingOf = (answer: string): Keeping => (answer === 'kept' || answer === 'purged' ? answer : "another's")

async function concludeRows(deps: Deps, rows: Rows, signal: AbortSignal): Promise<readonly string[]> {
  const changes = await deps.database.transact(tx => concludeAttempts(tx, rows), signal)
  for (const change of changes) sayStanding(deps.logger, change)
  return rows.map(() => 'concluded')
}

const stubbornly = (deps: Deps, troubles: Troubles, what: 'keep' | 'conclude'): Omit<Writing<AttemptRecord>, 'write'> => ({
  lessen: (record, times, error) => {
    if (times === 0) return withoutTexts(record)
    return times === 1 && what === 'conclude' && blamesValues(error) ? withoutOwed(deps.logger, record) : null
  },
  failed: (error, rows) => {
    if (troubles.size === 0) deps.logger.warn('webhooks.attempts-unwritten', { attempts: rows, error })
    troubles.set(what, `what came of attempts cannot be written: ${describeError(error)}`)
  },
})

const withoutTexts = (record: AttemptRecord): AttemptRecord => ({
  ...record,
  exchange: record.exchange && { ...record.exchange, error: 'the text of the failure cannot be stored', response: null },
})

function withoutOwed(logger: Logger, record: AttemptRecord): AttemptRecord {
  for (const { topic, record: owed } of record.owed)
    logger.error('webhooks.record-dropped', {
      topic,
      eventId: owed.headers['event-id'],
      reason: 'Postgres refuses its row',
    })
  return { ...record, owed: [] }
}

/** One line per change, not per attempt: whoever reads the log sees an outage begin and end. */
function sayStanding(logger: Logger, { now, ...fields }: StandingChange) {
  logger[now === 'recovered' ? 'info' : 'warn'](`endpoint.${now}`, fields)
}
