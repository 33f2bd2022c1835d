// The attempt of a listener's delivery: laid in its mailbox instead of posted, and waited for without a connection of the pool. Its answer
// means what a receiver's would; none within the deadline is a timeout.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { parseRetryAfter } from '../../runtime/retry-after.ts'
import { wait } from '../../runtime/wait.ts'
import { ANSWERS, layInMailbox, type MailboxAnswer, readAnswers } from '../endpoints/mailbox.ts'
import type { Exchange } from './attempt-outcome.ts'
import type { Released } from './attempt-record.ts'
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
type Waiter = { attempt: number; answered(answer: MailboxAnswer): void }

const STOPS_WITHIN_MS = 1_000
/** Wakes may be lost. */
const LOOK_EVERY_MS = 1_000

/** `lifetime` ends the listening for answers, which begins with the first attempt. */
export function openListenerPosts({ database, logger, clock, stopping }: Deps, lifetime: AbortSignal): ListenerPosts {
  const waiters = new Map<string, Waiter>()
  let wakeUp = new AbortController()
  let looking = false
  let listens = false

  function listen() {
    if (listens) return
    listens = true
    database
      .listen(ANSWERS, () => wakeUp.abort(), lifetime)
      .catch(error => {
        listens = false
        if (!lifetime.aborted) logger.warn('listeners.not-woken', { error })
      })
  }

  /** For as long as anybody waits. */
  async function look() {
    if (looking) return wakeUp.abort()
    looking = true
    while (waiters.size > 0) {
      wakeUp = new AbortController()
      try {
        for (const { deliveryId, attempt, answer } of await readAnswers(database, [...waiters.keys()])) {
          const waiter = waiters.get(deliveryId)
          if (waiter?.attempt === attempt) waiter.answered(answer)
        }
      } catch (error) {
        logger.warn('listeners.answers-unread', { waiting: waiters.size, error })
      }
      if (waiters.size > 0) await wait(LOOK_EVERY_MS, wakeUp.signal)
    }
    looking = false
  }

  /** The wake for it may be lost, or on its way. */
  async function lastLook({ delivery, attempt }: ToListener, otherwise: 'late' | 'stopping') {
    const found = await readAnswers(database, [delivery.deliveryId])
    return found.find(one => one.attempt === attempt)?.answer ?? otherwise
  }

  function answerOf(of: ToListener, signal: AbortSignal): Promise<MailboxAnswer | 'late' | 'stopping'> {
    const { attempt, timeoutMs } = of
    const { deliveryId } = of.delivery
    return new Promise((resolve, reject) => {
      const giveUp = (why: 'late' | 'stopping') => settle(() => resolve(lastLook(of, why)))
      let timer = setTimeout(giveUp, timeoutMs, 'late')
      const unhurry = onAbort(stopping, () => {
        clearTimeout(timer)
        timer = setTimeout(giveUp, Math.min(STOPS_WITHIN_MS, timeoutMs), 'stopping')
      })
      const settle = (settled: () => void) => {
        unhurry()
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        if (waiters.get(deliveryId) === waiter) waiters.delete(deliveryId)
        wakeUp.abort()
        settled()
      }
      const abort = () => settle(() => reject(signal.reason))
      const waiter: Waiter = { attempt, answered: answer => settle(() => resolve(answer)) }
      waiters.set(deliveryId, waiter)
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      void look()
    })
  }

  async function exchange(of: ToListener, signal: AbortSignal): Promise<Exchange | null> {
    const { deliveryId, endpointId, instanceId } = of.delivery
    listen()
    if (!(await layInMailbox(database, { ...of, deliveryId, endpointId, instanceId }, signal)))
      return { kind: 'failed', code: 'listener-gone', message: 'handing it to the listener: nobody listens any more' }
    const answer = await answerOf(of, signal)
    if (answer === 'stopping') return null
    return answer === 'late' ? unanswered : exchangeOf(answer, clock())
  }

  return {
    post: async (of, signal) => {
      const startedAt = clock()
      const exchanged = await exchange(of, signal)
      return exchanged && { ...exchanged, durationMs: clock() - startedAt }
    },
  }
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
