// The attempt of a listener's delivery: laid in its mailbox instead of posted, and waited for without a connection of the pool. Its answer
// means what a receiver's would; none within the deadline is a timeout.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { parseRetryAfter } from '../../runtime/retry-after.ts'
import { wait } from '../../runtime/wait.ts'
import type { Exchange } from '../deliveries/attempt-outcome.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { layInMailbox, type MailboxAnswer, readAnswers } from '../endpoints/mailbox.ts'
import { type Awaited, type ListenerAnswers, openListenerAnswers } from './listener-answers.ts'
import { MAX_KEPT_BYTES } from './post-delivery.ts'

export type ToListener = {
  delivery: Released
  attempt: number
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}
export type ListenerPosts = {
  /**
   * null: this process stops before there is an answer; whoever makes the same attempt again finds it. Rejects when the signal aborts, and
   * where the mailbox cannot be written or read: then nothing is known.
   */
  post(of: ToListener, signal: AbortSignal): Promise<(Exchange & { durationMs: number }) | null>
}
type Deps = {
  database: Database
  logger: Logger
  clock: () => number
  /** A process that stops does not wait out the deadline: who would answer may be stopping with it. */
  stopping: AbortSignal
}

const STOPS_WITHIN_MS = 1_000

/** `lifetime` ends the listening for answers, which begins with the first attempt. */
export function openListenerPosts(deps: Deps, lifetime: AbortSignal): ListenerPosts {
  const answers = openListenerAnswers(deps, lifetime)
  return {
    post: async (of, signal) => {
      const startedAt = deps.clock()
      const exchanged = await exchange({ ...deps, answers }, of, signal)
      return exchanged && { ...exchanged, durationMs: deps.clock() - startedAt }
    },
  }
}

async function exchange(
  deps: Deps & { answers: ListenerAnswers },
  of: ToListener,
  signal: AbortSignal,
): Promise<Exchange | null> {
  const { deliveryId, endpointId, instanceId } = of.delivery
  if (!(await layInMailbox(deps.database, { ...of, deliveryId, endpointId, instanceId }, signal)))
    return { kind: 'failed', code: 'listener-gone', message: 'handing it to the listener: nobody listens any more' }
  const answer = await answerTo(deps, { deliveryId, attempt: of.attempt, timeoutMs: of.timeoutMs }, signal)
  if (answer === 'stopping') return null
  return answer === 'late' ? unanswered : exchangeOf(answer, deps.clock())
}

async function answerTo(
  { database, answers, stopping }: Deps & { answers: ListenerAnswers },
  of: Awaited & { timeoutMs: number },
  signal: AbortSignal,
): Promise<MailboxAnswer | 'late' | 'stopping'> {
  const over = new AbortController()
  const ended = AbortSignal.any([signal, over.signal])
  try {
    const outcome = await Promise.race([answers.next(of, ended), waitOut(of.timeoutMs, stopping, ended)])
    signal.throwIfAborted()
    if (outcome !== null && typeof outcome !== 'string') return outcome
    // The announcement of it may be lost, or on its way.
    const found = await readAnswers(database, [of.deliveryId])
    return found.find(one => one.attempt === of.attempt)?.answer ?? outcome ?? 'late'
  } finally {
    over.abort()
  }
}

async function waitOut(timeoutMs: number, stopping: AbortSignal, ended: AbortSignal): Promise<'late' | 'stopping'> {
  if (await wait(timeoutMs, AbortSignal.any([stopping, ended]))) return 'late'
  await wait(Math.min(STOPS_WITHIN_MS, timeoutMs), ended)
  return 'stopping'
}

const unanswered: Exchange = {
  kind: 'failed',
  code: 'timeout',
  message: 'handing it to the listener: no answer within the deadline',
}

function exchangeOf(answer: MailboxAnswer, nowAt: number): Exchange {
  const { statusCode, error, retryAfter, webhookDelivery, response = '' } = answer
  if (statusCode === undefined)
    return { kind: 'failed', code: 'forward-failed', message: `the listener: ${error ?? 'no reason given'}` }
  return {
    kind: 'answered',
    statusCode,
    retryAfterMs: parseRetryAfter(retryAfter, nowAt),
    asked: webhookDelivery === 'disable' || webhookDelivery === 'abort-message' ? webhookDelivery : null,
    response: response.slice(0, MAX_KEPT_BYTES),
  }
}
