// Outlasting whatever a stanza needs and does not get: the database, the log or the object store. One policy for all of them: tried again
// until it succeeds or the socket has ended, for Baileys would turn a rejection into retry receipts and a NACK. How long something may be
// pending is the socket's affair (whilePending in socket-life.ts), which ends it first.
import type { Logger } from '../runtime/logger.ts'
import { persist } from '../runtime/persist.ts'
import { isWorthSaying } from '../runtime/wait.ts'
import type { SocketLife } from './socket-life.ts'

export type OutlastDeps = {
  life: Pick<SocketLife, 'signal' | 'failing'>
  /** No waiting mends it: it is rejected with, and nobody hears of another try. */
  isForGood(error: unknown): boolean
  /** The line that tells of another try, and whose it is. */
  line: { event: string; instanceId: string; epoch: number }
  random: () => number
  logger: Logger
}

/**
 * Nothing begins after the socket's end. `work` may have taken effect where it failed: repeated, it does the same again. Rejects with the
 * reason of that end, or with what is for good.
 */
export function outlast<T>(doing: string, work: () => Promise<T>, of: OutlastDeps): Promise<T> {
  const { life, isForGood, random, logger } = of
  const { event, ...whose } = of.line
  return persist(
    work,
    {
      backoff: { baseMs: 50, capMs: 2_000, random },
      failed: ({ error, attempt, retryInMs }) => {
        if (isForGood(error)) return 'give-up'
        life.failing(error)
        if (isWorthSaying(attempt)) logger.warn(event, { ...whose, doing, attempt, delayMs: retryInMs, error })
        return 'again'
      },
    },
    life.signal,
  )
}
