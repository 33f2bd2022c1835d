// What came of a POST is written down, however often that has to be tried: while the write fails the write is repeated, never the POST.
// Many attempts go in one transaction. Where Postgres refuses one for good, the others go without it, and that one without its texts; what
// the log is owed for it is given up, and said, where even so a value of it is refused: nobody else's attempt waits for it.
import { type Database, DatabaseError } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import type { StandingChange } from '../endpoints/standing.ts'
import { type AttemptRecord, writeAttemptRecords } from './record-attempts.ts'

export type AttemptRecorder = {
  /** Rejects only when the signal aborts. */
  record(record: AttemptRecord): Promise<null>
  /** Why what came of the last attempts is in memory only; null: it is not. Nothing should be sent meanwhile. */
  trouble(): string | null
}

const MAX_BATCH = 200
const RETRY_BASE_MS = 100
const RETRY_CAP_MS = 5_000

export function createAttemptRecorder(
  deps: { database: Database; logger: Logger; written(): void },
  signal: AbortSignal,
): AttemptRecorder {
  let trouble: string | null = null

  async function write(batch: readonly AttemptRecord[], lessened = 0): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const changes = await deps.database.transact(tx => writeAttemptRecords(tx, batch), signal)
        trouble = null
        for (const change of changes) sayStanding(deps.logger, change)
        return
      } catch (error) {
        if (signal.aborted) throw error
        if (isRefusal(error) && batch.length > 1) return writeSingly(batch)
        const lesser = isRefusal(error) ? lesserForms(error)[lessened] : undefined
        if (lesser !== undefined) return write(batch.map(lesser), lessened + 1)
        if (trouble === null) deps.logger.warn('webhooks.attempts-unwritten', { attempts: batch.length, error })
        trouble = `what came of attempts cannot be written: ${describeError(error)}`
        const spreading = { attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, jitter: 0, random: 0 }
        if (!(await wait(backoffMs(spreading), signal))) throw error
      }
    }
  }

  function lesserForms(error: unknown) {
    return [withoutTexts, ...(blamesValues(error) ? [withoutOwed] : [])]
  }

  function withoutOwed(record: AttemptRecord): AttemptRecord {
    for (const { topic, record: owed } of record.owed)
      deps.logger.error('webhooks.record-dropped', {
        topic,
        eventId: owed.headers['event-id'],
        reason: 'Postgres refuses its row',
      })
    return { ...record, owed: [] }
  }

  async function writeSingly(batch: readonly AttemptRecord[]) {
    for (const record of batch) await write([record])
  }

  return {
    record: coalesce(async batch => {
      await write(batch)
      deps.written()
      return batch.map(() => null)
    }, MAX_BATCH),
    trouble: () => trouble,
  }
}

/** One line per change, not per attempt: whoever reads the log sees an outage begin and end. */
function sayStanding(logger: Logger, { now, ...fields }: StandingChange) {
  logger[now === 'recovered' ? 'info' : 'warn'](`endpoint.${now}`, fields)
}

/** It would be refused again: waiting mends nothing. */
const isRefusal = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.code === 'constraint' || error.code === 'failed'

/** Of SQLSTATE: data and constraints. Everything else may be about the server, which passes. */
const blamesValues = (error: unknown): boolean => error instanceof DatabaseError && /^2[23]/.test(error.sqlState ?? '')

const withoutTexts = (record: AttemptRecord): AttemptRecord => ({
  ...record,
  exchange: record.exchange && { ...record.exchange, error: 'the text of the failure cannot be stored', response: null },
})
