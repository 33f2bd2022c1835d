// What keeps fetches from brokers waiting: one that does not answer, and a partition that has no leader where it was. Said less and less often.
import type { Bell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import type { KafkaLink } from './link.ts'

export type FetchOutages = {
  /** null: Kafka did not answer; said, and waited for a little longer each time that the same thing fails. `doing` names it. */
  orWait<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer | null>
  /** A partition has another leader, or none yet, or its topic is gone: the metadata is fetched anew, at most so often. */
  lookAgain(): Promise<void>
}
/** The bell rings once waiting is over. */
type Deps = { link: KafkaLink; logger: Logger; bell: Bell }

export const RETRY_CAP_MS = 1_000
const LOOK_AGAIN_MS = 250

export function createFetchOutages({ link, logger, bell }: Deps, signal: AbortSignal): FetchOutages {
  /** By what was being done: a look-up that is answered says nothing of a broker that is away. */
  const failures = new Map<string, number>()
  let lookingAgain: Promise<void> | null = null

  async function lookAgainSoon() {
    logger.warn('log.unavailable', { what: 'fetching', reason: 'a partition has no leader where it was' })
    link.discard()
    await wait(LOOK_AGAIN_MS, signal)
    lookingAgain = null
    bell.ring()
  }

  return {
    orWait: async (doing, ask) => {
      try {
        const answer = await ask()
        failures.delete(doing)
        return answer
      } catch (error) {
        if (signal.aborted) return null
        const attempt = (failures.get(doing) ?? 0) + 1
        failures.set(doing, attempt)
        if (isWorthSaying(attempt)) logger.warn('log.unavailable', { what: 'fetching', attempt, error })
        await wait(backoffMs({ attempt, baseMs: 50, capMs: RETRY_CAP_MS, jitter: 0.3, random: Math.random() }), signal)
        bell.ring()
        return null
      }
    },
    lookAgain: () => {
      lookingAgain ??= lookAgainSoon()
      return lookingAgain
    },
  }
}
