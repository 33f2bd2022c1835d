// The whole policy of what follows an attempt, as one pure function (SPEC E5): delivered, again later, waiting, dead or discarded.
import { spread } from '../runtime/wait.ts'

/** What came back. `failed`: no whole HTTP head arrived (refused, timed out, name not found, TLS …). */
export type Exchange =
  | {
      kind: 'answered'
      statusCode: number
      retryAfterMs: number | null
      asked: 'disable' | 'abort-message' | null
      response: string
    }
  | { kind: 'failed'; code: string; message: string }

export type AttemptOutcome =
  /** `disable`: the receiver wants no more; this delivery is done all the same. */
  | { kind: 'delivered'; disable: string | null }
  | { kind: 'retry'; inMs: number }
  /** The endpoint is disabled and the delivery waits, without attempts, until somebody enables it again. */
  | { kind: 'disabled'; reason: string }
  /** The receiver asked not to be sent this one again. */
  | { kind: 'discarded'; reason: string }
  | { kind: 'dead'; reason: string }

export type AttemptHistory = {
  /** This attempt's number, from 1. */
  attempt: number
  nowAt: number
  firstAttemptAt: number
  /** null: this is the first. */
  previousAttemptAt: number | null
  /** The endpoint's last 2xx on any lane. */
  endpointSucceededAt: number | null
}
export type RetryPolicy = {
  /** retryDelaysMs[n - 1] follows attempt n; after the last one the delivery is dead. */
  retryDelaysMs: readonly number[]
  deadAfterMs: number
}

const HOUR_MS = 3_600_000

export function judgeAttempt(exchange: Exchange, history: AttemptHistory, policy: RetryPolicy, random: number): AttemptOutcome {
  const answered = exchange.kind === 'answered' ? exchange : null
  const asked = answered?.asked ?? null
  if (answered !== null && answered.statusCode >= 200 && answered.statusCode < 300)
    return { kind: 'delivered', disable: asked === 'disable' ? 'the receiver asked for it' : null }
  if (answered?.statusCode === 410) return { kind: 'disabled', reason: 'the receiver answered 410 Gone' }
  if (asked === 'disable') return { kind: 'disabled', reason: 'the receiver asked for it' }
  if (asked === 'abort-message') return { kind: 'discarded', reason: 'the receiver asked for it' }

  const baseMs = policy.retryDelaysMs[history.attempt - 1]
  if (baseMs === undefined) return { kind: 'dead', reason: `attempt ${history.attempt}, the last one, failed` }
  const delayMs =
    answered === null || answered.retryAfterMs === null ? spread(baseMs, 0.2, random) : clamp(answered.retryAfterMs, baseMs)
  if (!othersSucceed(history)) return { kind: 'retry', inMs: Math.round(delayMs) }

  const leftMs = history.firstAttemptAt + policy.deadAfterMs - history.nowAt
  if (leftMs <= 0) return { kind: 'dead', reason: `failing since ${policy.deadAfterMs / 1000} s while the endpoint takes others` }
  return { kind: 'retry', inMs: Math.round(Math.min(delayMs, leftMs)) }
}

/** Since the previous try of this one the endpoint took something else: it is this delivery that it does not take. */
const othersSucceed = ({ endpointSucceededAt, previousAttemptAt, firstAttemptAt }: AttemptHistory): boolean =>
  endpointSucceededAt !== null && endpointSucceededAt > (previousAttemptAt ?? firstAttemptAt)

/** A receiver may stretch a wait, but neither hurry us nor park its lane for days. */
const clamp = (retryAfterMs: number, baseMs: number): number =>
  Math.min(Math.max(retryAfterMs, baseMs), Math.max(2 * baseMs, HOUR_MS))
