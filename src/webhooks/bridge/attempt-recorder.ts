// What came of a POST is kept in its row before anything else may fail, and then concluded, however often either has to be tried: a write that
// fails is repeated, never the POST, and a process that dies in between leaves the row, from which the next one goes on.
// Many attempts are written at once. One of which Postgres refuses a value for good is written without its texts; what the log is owed for it
// is given up, and said, where even so a value of that is refused. One whose values are refused in every form keeps its own lane alone.
import { type Database, DatabaseError } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { type AttemptRecord, type MadeAttempt, wasMade } from '../deliveries/attempt-record.ts'
import { type Keeping, keepResults } from '../deliveries/attempts.ts'
import type { StandingChange } from '../endpoints/standing.ts'
import { type Conclusion, concludeAttempts } from './conclude-attempts.ts'
import { blamesValues, type Failure, type Writing, writeStubbornly } from './write-stubbornly.ts'

export type AttemptRecorder = {
  /** Durable when it resolves, if it is `kept`. Rejects only when the signal aborts. */
  keep(record: MadeAttempt): Promise<Keeping>
  /**
   * Of one that was kept, now or before, or that was no attempt. Rejects only when the signal aborts. One whose commit's answer was lost counts
   * as ours: hardly anybody else was there.
   */
  conclude(record: AttemptRecord): Promise<Conclusion>
  /**
   * Why what came of the last attempts is not written, or nothing made of it; null: it is, but for what is refused for its own values.
   * Nothing should be sent meanwhile.
   */
  trouble(): string | null
}
type Deps = { database: Database; logger: Logger; written(): void }

const MAX_BATCH = 200

export function createAttemptRecorder(deps: Deps, signal: AbortSignal): AttemptRecorder {
  const troubles: Troubles = new Map()
  const keeping = keepingOf(deps, troubles)
  const concluding = concludingOf(deps, troubles, signal)
  const keep = coalesce(async (batch: readonly MadeAttempt[]) => writeStubbornly(keeping, batch, signal), MAX_BATCH)
  const conclude = coalesce(async (batch: readonly AttemptRecord[]) => writeStubbornly(concluding, batch, signal), MAX_BATCH)
  return {
    keep: async record => (await keep(record)).answer,
    conclude: async record => (await conclude(record)).answer,
    trouble: () => [...troubles.values()][0] ?? null,
  }
}

/** Of each the last write that was not refused for one row's values. */
type Troubles = Map<'keep' | 'conclude', string>

const keepingOf = (deps: Deps, troubles: Troubles): Writing<MadeAttempt, Keeping> => ({
  write: async rows => {
    const keepings = await keepResults(deps.database, rows)
    troubles.delete('keep')
    return keepings
  },
  lessen: (record, times) => (times === 0 ? withoutTexts(record) : null),
  failed: failedIn(deps, troubles, 'keep'),
})

function concludingOf(deps: Deps, troubles: Troubles, signal: AbortSignal): Writing<AttemptRecord, Conclusion> {
  const perhapsConcluded = new WeakSet<AttemptRecord>()
  return {
    write: async rows => {
      try {
        const { conclusions, changes } = await deps.database.transact(tx => concludeAttempts(tx, rows), signal)
        troubles.delete('conclude')
        for (const change of changes) sayStanding(deps.logger, change)
        deps.written()
        return rows.map((row, place) => (perhapsConcluded.has(row) ? 'concluded' : (conclusions[place] ?? "another's")))
      } catch (error) {
        if (error instanceof DatabaseError && error.perhapsDone) for (const row of rows) perhapsConcluded.add(row)
        throw error
      }
    },
    lessen: (record, times, error) => {
      if (!wasMade(record)) return null
      if (times === 0) return withoutTexts(record)
      return times === 1 && blamesValues(error) ? withoutOwed(deps.logger, record) : null
    },
    failed: failedIn(deps, troubles, 'conclude'),
  }
}

const failedIn =
  ({ logger }: Deps, troubles: Troubles, what: 'keep' | 'conclude') =>
  (error: unknown, { rows, isOfRow, attempt }: Failure): void => {
    if (isOfRow) {
      if (attempt === 1) logger.error('webhooks.attempt-refused', { error })
      return
    }
    if (troubles.size === 0) logger.warn('webhooks.attempts-unwritten', { attempts: rows, error })
    troubles.set(what, `what came of attempts cannot be written: ${describeError(error)}`)
  }

const withoutTexts = (record: MadeAttempt): MadeAttempt => ({
  ...record,
  exchange: { ...record.exchange, error: 'the text of the failure cannot be stored', response: null },
})

function withoutOwed(logger: Logger, record: MadeAttempt): MadeAttempt {
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
