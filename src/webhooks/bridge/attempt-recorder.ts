// What came of a POST is kept in its row before anything else may fail, and then concluded, however often either has to be tried: a write that
// fails is repeated, never the POST, and a process that dies in between leaves the row, from which the next one goes on.
// Where only what is made of every attempt follows, all of it is tried in one statement first: that fails whole, and then the row is kept alone,
// as all rows are at once for a while where that statement fails although they can be kept.
// Many attempts are written at once. One of which Postgres refuses a value for good is written without its texts; what the log is owed for it
// is given up, and said, where even so a value of that is refused. One whose values are refused in every form keeps its own lane alone.
import { DatabaseError } from '../../database/database.ts'
import { coalesce, type Pace } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { type AttemptRecord, type MadeAttempt, wasMade } from '../deliveries/attempt-record.ts'
import { type Keeping, keepResults } from '../deliveries/attempts.ts'
import type { StandingChange } from '../endpoints/standing.ts'
import { isForGood } from './append-owed.ts'
import { type AtOnceDeps, concludeAtOnce, followsPlainly } from './conclude-at-once.ts'
import { type Conclusion, concludeAttempts } from './conclude-attempts.ts'
import type { Later } from './each-for-itself.ts'
import { createShortcut, type Shortcut } from './shortcut.ts'
import { blamesValues, type Failure, type StubbornWriting, writeStubbornly } from './write-stubbornly.ts'

export type AttemptRecorder = {
  /** Durable when it resolves, if it is `kept`; `concluded`: with all that follows. Rejects only when the signal aborts. */
  keep(record: MadeAttempt): Promise<Keeping | 'concluded'>
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
  /** Why attempts are kept first and concluded then, although one statement would do; null: they are not. Nobody waits for it. */
  detour(): string | null
}
type Deps = AtOnceDeps & { pace: Pace; logger: Logger; clock: () => number; written(): void }

const MAX_BATCH = 200

export function createAttemptRecorder(deps: Deps, signal: AbortSignal): AttemptRecorder {
  const what = 'attempts are not concluded in one statement'
  const atOnce = createShortcut({ ...deps, what, event: 'webhooks.attempts-not-at-once' })
  const of: Recording = { deps, troubles: new Map(), perhapsConcluded: new WeakSet(), atOnce, signal }
  const keeping = keepingOf(of)
  const concluding = concludingOf(of)
  const keep = coalesce((batch: readonly MadeAttempt[]) => writeStubbornly(keeping, batch, signal), MAX_BATCH)
  const concludeOrKeep = coalesce((batch: readonly MadeAttempt[]) => concludedOrKept(of, keeping, batch), MAX_BATCH, deps.pace)
  const conclude = coalesce((batch: readonly AttemptRecord[]) => writeStubbornly(concluding, batch, signal), MAX_BATCH)
  return {
    keep: async record => (await (followsPlainly(record) ? concludeOrKeep(record) : keep(record))).answer,
    conclude: async record => (await conclude(record)).answer,
    trouble: () => [...of.troubles.values()][0] ?? null,
    detour: atOnce.trouble,
  }
}

type Recording = {
  deps: Deps
  troubles: Troubles
  /** Of those the answer to a write was lost that may have concluded them. */
  perhapsConcluded: WeakSet<AttemptRecord>
  atOnce: Shortcut
  signal: AbortSignal
}
type Kept = readonly Later<Keeping | 'concluded'>[]
type Keep = StubbornWriting<MadeAttempt, Keeping>

async function concludedOrKept(of: Recording, keeping: Keep, batch: readonly MadeAttempt[]): Promise<Kept> {
  const { atOnce, perhapsConcluded, signal } = of
  if (!atOnce.isOpen()) return writeStubbornly(keeping, batch, signal)
  try {
    return await concludedAtOnce(of, batch)
  } catch (error) {
    // Whatever became of it, each of them is to be kept.
    noteIfPerhapsDone(perhapsConcluded, batch, error)
    let isOutage = false
    const failed: Keep['failed'] = (cause, failure) => {
      isOutage = true
      keeping.failed(cause, failure)
    }
    const kept = await writeStubbornly({ ...keeping, failed }, batch, signal)
    if (!isOutage && !blamesValues(error) && !isForGood(error)) atOnce.failed(error)
    return kept
  }
}

async function concludedAtOnce({ deps, troubles, atOnce, signal }: Recording, batch: readonly MadeAttempt[]): Promise<Kept> {
  const { answers, changes, owes } = await concludeAtOnce(deps, batch, signal)
  troubles.delete('keep')
  atOnce.worked()
  for (const change of changes) sayStanding(deps.logger, change)
  if (owes) deps.written()
  return answers.map(one => ({ answer: Promise.resolve(one) }))
}

function noteIfPerhapsDone(perhaps: WeakSet<AttemptRecord>, rows: readonly AttemptRecord[], error: unknown): void {
  if (error instanceof DatabaseError && error.perhapsDone) for (const row of rows) perhaps.add(row)
}

/** Of each the last write that was not refused for one row's values. */
type Troubles = Map<'keep' | 'conclude', string>

const keepingOf = ({ deps, troubles }: Recording): Keep => ({
  write: async rows => {
    const keepings = await keepResults(deps.database, rows)
    troubles.delete('keep')
    return keepings
  },
  lessen: (record, times) => (times === 0 ? withoutTexts(record) : null),
  failed: failedIn(deps, troubles, 'keep'),
})

function concludingOf({ deps, troubles, perhapsConcluded, signal }: Recording): StubbornWriting<AttemptRecord, Conclusion> {
  return {
    write: async rows => {
      try {
        const { conclusions, changes } = await deps.database.transact(tx => concludeAttempts(tx, rows), signal)
        troubles.delete('conclude')
        for (const change of changes) sayStanding(deps.logger, change)
        deps.written()
        return rows.map((row, place) => (perhapsConcluded.has(row) ? 'concluded' : (conclusions[place] ?? "another's")))
      } catch (error) {
        noteIfPerhapsDone(perhapsConcluded, rows, error)
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
