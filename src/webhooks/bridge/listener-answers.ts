// Answers of listeners as they come, for whoever waits for one: looked for together, at once when one is announced, and every second besides.
import type { Database } from '../../database/database.ts'
import { type Bell, createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { persist } from '../../runtime/persist.ts'
import { isWorthSaying } from '../../runtime/wait.ts'
import { ANSWERS, type MailboxAnswer, readAnswers } from '../endpoints/mailbox.ts'

export type Awaited = { deliveryId: string; attempt: number }
export type ListenerAnswers = {
  /** null: the signal aborted first. Never rejects. */
  next(of: Awaited, signal: AbortSignal): Promise<MailboxAnswer | null>
}
type Deps = { database: Database; logger: Logger }
/** By delivery, which has one attempt at a time: a later one takes an earlier one's place. */
type Waiters = Map<string, { attempt: number; answered(answer: MailboxAnswer): void }>

/** Announcements may be lost. */
const LOOK_EVERY_MS = 1_000

/** Begins with the first that waits, and ends with `lifetime`. */
export function openListenerAnswers(deps: Deps, lifetime: AbortSignal): ListenerAnswers {
  const waiters: Waiters = new Map()
  const bell = createBell()
  let isBegun = false

  function begin() {
    if (isBegun) return
    isBegun = true
    void listen(deps, bell, lifetime)
    void look(deps, waiters, { bell, lifetime })
  }

  return {
    next: ({ deliveryId, attempt }, signal) =>
      new Promise(resolve => {
        const end = (answer: MailboxAnswer | null) => {
          stop()
          if (waiters.get(deliveryId) === waiter) waiters.delete(deliveryId)
          resolve(answer)
        }
        const waiter = { attempt, answered: end }
        const stop = onAbort(signal, () => end(null))
        waiters.set(deliveryId, waiter)
        begin()
        bell.ring()
      }),
  }
}

async function listen({ database, logger }: Deps, bell: Bell, lifetime: AbortSignal): Promise<void> {
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) => {
    if (isWorthSaying(attempt)) logger.warn('listeners.not-woken', { error })
    return 'again' as const
  }
  const backoff = { baseMs: 1_000, capMs: 30_000 }
  try {
    await persist(() => database.listen(ANSWERS, bell.ring, lifetime), { backoff, failed }, lifetime)
  } catch (error) {
    if (!lifetime.aborted) throw error // nothing else ends it
  }
}

/** While anybody waits. */
async function look(deps: Deps, waiters: Waiters, of: { bell: Bell; lifetime: AbortSignal }): Promise<void> {
  while (await of.bell.until(() => waiters.size > 0, of.lifetime)) {
    if (of.lifetime.aborted) return
    await answer(deps, waiters)
    if (waiters.size > 0) await of.bell.rung(of.lifetime, LOOK_EVERY_MS)
  }
}

async function answer({ database, logger }: Deps, waiters: Waiters): Promise<void> {
  try {
    for (const { deliveryId, attempt, answer } of await readAnswers(database, [...waiters.keys()])) {
      const waiter = waiters.get(deliveryId)
      if (waiter?.attempt === attempt) waiter.answered(answer)
    }
  } catch (error) {
    logger.warn('listeners.answers-unread', { waiting: waiters.size, error })
  }
}
