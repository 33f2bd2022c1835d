// One try at one record: runs the handler and carries its answer out. What it appends is durable before the record counts as finished.
import { type Logger, wordsOf } from '../../runtime/logger.ts'
import { backoffMs } from '../../runtime/wait.ts'
import { deadLetterOf } from '../dead-letter.ts'
import { type Append, type EventLog, isAboutRecord, type LaneConsumer, type LogRecord, type Outcome } from '../log.ts'

export type AttemptDeps = { append: EventLog['append']; logger: Logger; retryBaseMs: number }
export type Attempt = { record: LogRecord; number: number; firstFailedAt: number | null }
export type Result =
  | { kind: 'finished'; as: 'emitted' | 'parked' }
  | { kind: 'again'; delayMs: number; reason: string; costsAttempt: boolean }
  | { kind: 'down'; dependency: string; delayMs: number; reason: string }
  | { kind: 'halted'; reason: string }
  /** The assignment ended meanwhile: nothing of this counts. */
  | { kind: 'over' }

export async function attemptRecord(
  deps: AttemptDeps,
  consumer: LaneConsumer,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Result> {
  const at: Trying = { ...deps, consumer, attempt, signal }
  const outcome = await handle(at)
  if (signal.aborted) return { kind: 'over' }
  switch (outcome.kind) {
    case 'emit':
      return emit(at, outcome.appends)
    case 'retry':
      return outcome.costsAttempt === false
        ? { ...again(outcome), costsAttempt: false }
        : retryOrPark(at, outcome, 'attempts-exhausted')
    case 'threw':
      return retryOrPark(at, outcome, outcome.code)
    case 'pause':
      return { kind: 'down', dependency: outcome.dependency, delayMs: outcome.delayMs, reason: outcome.reason }
    case 'park':
      return park(at, { code: 'parked', reason: outcome.reason })
    case 'halt':
      return { kind: 'halted', reason: outcome.reason }
  }
}

type Trying = AttemptDeps & { consumer: LaneConsumer; attempt: Attempt; signal: AbortSignal }
type Failed = { code: string; reason: string }
type Threw = { kind: 'threw'; delayMs: number } & Failed

const MAX_RETRY_DELAY_MS = 60_000

async function handle(at: Trying): Promise<Outcome | Threw> {
  try {
    const answer = await at.consumer.handle(at.attempt.record, at.attempt.number, at.signal)
    if (answer.kind !== 'retry' || (answer.delayMs >= 0 && answer.delayMs <= MAX_RETRY_DELAY_MS)) return answer
    throw new RangeError(
      `a handler asked for a retry in ${answer.delayMs} ms, expected 0 to ${MAX_RETRY_DELAY_MS}: ${answer.reason}`,
    )
  } catch (error) {
    if (!at.signal.aborted) at.logger.warn('log.handler-threw', { ...about(at), error })
    const delayMs = backoffMs({
      attempt: at.attempt.number,
      baseMs: at.retryBaseMs,
      capMs: MAX_RETRY_DELAY_MS,
      jitter: 0,
      random: 0,
    })
    return { kind: 'threw', delayMs, code: codeOf(error), reason: wordsOf(error) }
  }
}

const again = ({ delayMs, reason }: { delayMs: number; reason: string }) =>
  ({ kind: 'again', delayMs, reason, costsAttempt: true }) as const

const retryOrPark = async (at: Trying, failed: { delayMs: number; reason: string }, code: string): Promise<Result> =>
  at.attempt.number >= at.consumer.maxAttempts ? park(at, { code, reason: failed.reason }) : again(failed)

/** A record that the log will never take will not become another by trying again. */
async function emit(at: Trying, appends: readonly Append[]): Promise<Result> {
  for (const append of appends) {
    const refused = await appendDurably(at, append)
    if (refused?.kind === 'refused') return park(at, refused)
    if (refused !== null) return refused
  }
  return finished(at, 'emitted')
}

/** A dead letter that is not taken must not be lost: the partition halts. */
async function park(at: Trying, failed: Failed): Promise<Result> {
  const { consumer, attempt, logger } = at
  const letter = deadLetterOf(attempt.record, {
    code: failed.code,
    message: failed.reason,
    attempts: attempt.number,
    processor: consumer.consumerGroup,
    firstFailedAt: attempt.firstFailedAt ?? Date.now(),
  })
  const refused = await appendDurably(at, { topic: consumer.deadLetterTopic, records: [letter] })
  if (refused?.kind === 'refused') return { kind: 'halted', reason: refused.reason }
  const result = refused ?? finished(at, 'parked')
  if (result.kind === 'finished') logger.warn('log.record-parked', { ...about(at), code: failed.code, reason: failed.reason })
  return result
}

/** An assignment that ended while the log was slow: the next owner does it again, under the same ids. */
const finished = ({ signal }: Trying, as: 'emitted' | 'parked'): Result =>
  signal.aborted ? { kind: 'over' } : { kind: 'finished', as }

/** A log that refuses a topic is nobody's record's fault: it is a dependency that is down, asked again after so many first waits. */
const REFUSED_TOPIC_WAITS = 10

/** null: it is durable. */
async function appendDurably(at: Trying, append: Append): Promise<Extract<Result, { kind: 'down' | 'over' }> | Refused | null> {
  try {
    await at.append(append, at.signal)
    return null
  } catch (error) {
    if (at.signal.aborted) return { kind: 'over' }
    const reason = wordsOf(error)
    if (isAboutRecord(error)) return { kind: 'refused', code: error.code, reason }
    return { kind: 'down', dependency: `topic ${append.topic}`, delayMs: REFUSED_TOPIC_WAITS * at.retryBaseMs, reason }
  }
}
type Refused = { kind: 'refused' } & Failed

const about = ({ consumer, attempt: { record, number } }: Trying) => ({
  group: consumer.consumerGroup,
  topic: record.topic,
  partition: record.partition,
  offset: String(record.offset),
  attempt: number,
})

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
