// The whole policy of what follows an attempt, as one pure function: delivered, again later, waiting, dead or discarded.
//
// Two clocks can give a delivery up, and an outage moves neither:
// - The schedule. It ends with the last wait, once all of its waits have passed in which the endpoint took others; where it takes
//   nothing, the last wait goes on, for weeks if need be: nobody can tell an outage from a receiver that never takes this one. It
//   begins anew where the endpoint recovered since the previous try.
// - Refusals. Where the endpoint took something else since the previous try, it is this delivery that it does not take. The time of
//   such waits adds up to WEBHOOK_DEAD_AFTER, each of them counting for a tenth at most, so that ten refusals or more are behind it,
//   and an outage that ended in one of them hardly counts. Recovery sets it to nothing.
// 429, and 503 with Retry-After, are about the endpoint and never about the delivery: they neither add up nor end the schedule, after
// which its last wait goes on.
import { spread } from '../../runtime/wait.ts'

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

/** What a delivery carries from one attempt to the next. */
export type Persistence = {
  /** Attempts since the schedule began, or began anew. */
  step: number
  refusedMs: number
}
export type AttemptOutcome =
  /** `disable`: the receiver wants no more; this delivery is done all the same. `recovered`: it had not been taken for a while. */
  | { kind: 'delivered'; disable: string | null; recovered: boolean }
  | ({ kind: 'retry'; inMs: number } & Persistence)
  /** The endpoint is disabled and the delivery waits, without attempts, until somebody enables it again. */
  | { kind: 'disabled'; reason: string }
  /** The receiver asked not to be sent this one again. */
  | { kind: 'discarded'; reason: string }
  | { kind: 'dead'; reason: string }

export type AttemptHistory = Persistence & {
  /** This attempt's number, from 1. */
  attempt: number
  nowAt: number
  firstAttemptAt: number
  /** null: this is the first. */
  previousAttemptAt: number | null
  /** The endpoint's last 2xx on any lane. */
  endpointSucceededAt: number | null
  /** When it last took what it had not taken for a while. */
  endpointRecoveredAt: number | null
}
export type RetryPolicy = {
  /** retryDelaysMs[n - 1] follows the schedule's attempt n; after the last one the delivery is dead. */
  retryDelaysMs: readonly number[]
  deadAfterMs: number
}

const HOUR_MS = 3_600_000
/** Of WEBHOOK_DEAD_AFTER: the most that one refusal counts for, and so the longest wait while the endpoint takes others. */
const SHARE_OF_A_REFUSAL = 0.1
/** A success after so long without being taken, refusals not counted, is the end of an outage. */
const OUTAGE_MS = 30_000
/** Waits are shorter than the schedule says by at most this. */
const JITTER = 0.2

export function judgeAttempt(exchange: Exchange, history: AttemptHistory, policy: RetryPolicy, random: number): AttemptOutcome {
  const answered = exchange.kind === 'answered' ? exchange : null
  const asked = answered?.asked ?? null
  if (answered !== null && answered.statusCode >= 200 && answered.statusCode < 300)
    return {
      kind: 'delivered',
      disable: asked === 'disable' ? 'the receiver asked for it' : null,
      recovered: endsOutage(history, persistenceAfter(exchange, history, policy)),
    }
  if (answered?.statusCode === 410) return { kind: 'disabled', reason: 'the receiver answered 410 Gone' }
  if (asked === 'disable') return { kind: 'disabled', reason: 'the receiver asked for it' }
  if (asked === 'abort-message') return { kind: 'discarded', reason: 'the receiver asked for it' }
  return again(answered?.retryAfterMs ?? null, persistenceAfter(exchange, history, policy), { exchange, history, policy, random })
}

type Judged = { exchange: Exchange; history: AttemptHistory; policy: RetryPolicy; random: number }

function again(retryAfterMs: number | null, now: Persistence, { exchange, history, policy, random }: Judged): AttemptOutcome {
  const { retryDelaysMs, deadAfterMs } = policy
  const overloaded = isOverloaded(exchange)
  const refused = takesOthers(history)
  if (refused && !overloaded && now.refusedMs >= deadAfterMs)
    return { kind: 'dead', reason: `refused for ${deadAfterMs / 1000} s while the endpoint took others` }
  const plannedMs = retryDelaysMs[Math.min(now.step, retryDelaysMs.length) - 1]
  if (plannedMs === undefined || (!overloaded && hasEnded(now, history, policy)))
    return { kind: 'dead', reason: `attempt ${history.attempt}, the last one, failed` }
  const baseMs = refused ? Math.min(plannedMs, SHARE_OF_A_REFUSAL * deadAfterMs) : plannedMs
  const delayMs = retryAfterMs === null ? spread(baseMs, JITTER, random) : clamp(retryAfterMs, baseMs)
  return { kind: 'retry', inMs: Math.round(delayMs), ...now }
}

function persistenceAfter(exchange: Exchange, history: AttemptHistory, { deadAfterMs }: RetryPolicy): Persistence {
  const { previousAttemptAt, endpointRecoveredAt, nowAt } = history
  const anew = previousAttemptAt !== null && endpointRecoveredAt !== null && endpointRecoveredAt > previousAttemptAt
  const before: Persistence = anew ? { step: 0, refusedMs: 0 } : history
  const countsMs =
    previousAttemptAt === null || isOverloaded(exchange) || !takesOthers(history)
      ? 0
      : Math.min(nowAt - previousAttemptAt, SHARE_OF_A_REFUSAL * deadAfterMs)
  return { step: before.step + 1, refusedMs: Math.round(before.refusedMs + countsMs) }
}

/** Both: as many attempts as the schedule has, and as much time in which the endpoint took others. */
function hasEnded(now: Persistence, history: AttemptHistory, { retryDelaysMs }: RetryPolicy): boolean {
  const scheduleMs = retryDelaysMs.reduce((sum, delayMs) => sum + delayMs, 0)
  return takesOthers(history) && now.step > retryDelaysMs.length && now.refusedMs >= (1 - JITTER) * scheduleMs
}

/** Since the previous try of this one the endpoint took something else: it is this delivery that it does not take. */
const takesOthers = ({ endpointSucceededAt, previousAttemptAt }: AttemptHistory): boolean =>
  endpointSucceededAt !== null && previousAttemptAt !== null && endpointSucceededAt > previousAttemptAt

/** The wait before this try counts like those before it: where others were taken meanwhile, it was none of an outage. */
const endsOutage = (history: AttemptHistory, { refusedMs }: Persistence): boolean =>
  history.attempt > 1 && history.nowAt - begunAt(history) - refusedMs >= OUTAGE_MS

/** What was before the endpoint's recovery does not count. */
const begunAt = ({ firstAttemptAt, endpointRecoveredAt }: AttemptHistory) => Math.max(firstAttemptAt, endpointRecoveredAt ?? 0)

const isOverloaded = (exchange: Exchange): boolean => exchange.kind === 'answered' && asksForLess(exchange)

/** The receiver speaks of itself: it would not take another one either. */
export const asksForLess = ({ statusCode, retryAfterMs }: { statusCode: number | null; retryAfterMs: number | null }): boolean =>
  statusCode === 429 || (statusCode === 503 && retryAfterMs !== null)

/** A receiver may stretch a wait, but neither hurry us nor park its lane for days. */
const clamp = (retryAfterMs: number, baseMs: number): number =>
  Math.min(Math.max(retryAfterMs, baseMs), Math.max(2 * baseMs, HOUR_MS))
