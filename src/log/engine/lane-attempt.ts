// One try at one record: runs the handler and carries its answer out. What it appends is durable before the record counts as finished.
import type { Logger } from '../../runtime/logger.ts'
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

type Failed = { code: string; reason: string }

const MAX_RETRY_DELAY_MS = 60_000
/** A log that refuses a topic is nobody's record's fault: it is a dependency that is down, asked again after so many first waits. */
const REFUSED_TOPIC_WAITS = 10

export async function attemptRecord(
  deps: AttemptDeps,
  consumer: LaneConsumer,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Result> {
  const { record } = attempt
  const outcome = await handle()
  if (signal.aborted) return { kind: 'over' }
  switch (outcome.kind) {
    case 'emit':
      return finishBy('emitted', outcome.appends)
    case 'retry':
      if (outcome.costsAttempt === false)
        return { kind: 'again', delayMs: outcome.delayMs, reason: outcome.reason, costsAttempt: false }
      return retry(outcome.delayMs, { code: 'attempts-exhausted', reason: outcome.reason })
    case 'threw':
      return retry(outcome.delayMs, outcome)
    case 'pause':
      return { kind: 'down', dependency: outcome.dependency, delayMs: outcome.delayMs, reason: outcome.reason }
    case 'park':
      return park({ code: 'parked', reason: outcome.reason })
    case 'halt':
      return { kind: 'halted', reason: outcome.reason }
  }

  async function handle(): Promise<Outcome | ({ kind: 'threw'; delayMs: number } & Failed)> {
    try {
      const answer = await consumer.handle(record, attempt.number, signal)
      if (answer.kind !== 'retry' || (answer.delayMs >= 0 && answer.delayMs <= MAX_RETRY_DELAY_MS)) return answer
      throw new RangeError(
        `a handler asked for a retry in ${answer.delayMs} ms, expected 0 to ${MAX_RETRY_DELAY_MS}: ${answer.reason}`,
      )
    } catch (error) {
      if (!signal.aborted) deps.logger.warn('log.handler-threw', { ...about(consumer, attempt), error })
      return {
        kind: 'threw',
        delayMs: backoffMs({
          attempt: attempt.number,
          baseMs: deps.retryBaseMs,
          capMs: MAX_RETRY_DELAY_MS,
          jitter: 0,
          random: 0,
        }),
        code: codeOf(error),
        reason: error instanceof Error ? error.message : String(error),
      }
    }
  }

  async function retry(delayMs: number, failed: Failed): Promise<Result> {
    if (attempt.number >= consumer.maxAttempts) return park(failed)
    return { kind: 'again', delayMs, reason: failed.reason, costsAttempt: true }
  }

  async function park({ code, reason }: Failed): Promise<Result> {
    const letter = deadLetterOf(record, {
      code,
      message: reason,
      attempts: attempt.number,
      processor: consumer.consumerGroup,
      firstFailedAt: attempt.firstFailedAt ?? Date.now(),
    })
    const result = await finishBy('parked', [{ topic: consumer.deadLetterTopic, records: [letter] }])
    if (result.kind === 'finished') deps.logger.warn('log.record-parked', { ...about(consumer, attempt), code, reason })
    return result
  }

  async function finishBy(as: 'emitted' | 'parked', appends: readonly Append[]): Promise<Result> {
    for (const append of appends) {
      const refused = await appendDurably(append, as)
      if (refused !== null) return refused
    }
    // An assignment that ended while the log was slow: the next owner does it again, under the same ids.
    return signal.aborted ? { kind: 'over' } : { kind: 'finished', as }
  }

  async function appendDurably(append: Append, as: 'emitted' | 'parked'): Promise<Result | null> {
    try {
      await deps.append(append, signal)
      return null
    } catch (error) {
      if (signal.aborted) return { kind: 'over' }
      const reason = error instanceof Error ? error.message : String(error)
      if (!isAboutRecord(error))
        return { kind: 'down', dependency: `topic ${append.topic}`, delayMs: REFUSED_TOPIC_WAITS * deps.retryBaseMs, reason }
      // Such a record will not become another by trying again; a dead letter that is not taken either must not be lost.
      return as === 'emitted' ? park({ code: error.code, reason }) : { kind: 'halted', reason }
    }
  }
}

const about = (consumer: LaneConsumer, { record, number }: Attempt) => ({
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
