// What keeps fetches from brokers waiting: one that does not answer, and a partition that has no leader where it was. Said less and less often.
import type { Bell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import type { KafkaLink } from './link.ts'

export type FetchOutages = {
  /** null: Kafka did not answer; said, and waited for a little. */
  orWait<Answer>(ask: () => Promise<Answer>): Promise<Answer | null>
  /** A partition has another leader, or none yet, or its topic is gone: the metadata is fetched anew, at most so often. */
  lookAgain(): Promise<void>
}
/** The bell rings once waiting is over. */
type Deps = { link: KafkaLink; logger: Logger; bell: Bell }

export const RETRY_CAP_MS = 1_000
const LOOK_AGAIN_MS = 250

export function createFetchOutages({ link, logger, bell }: Deps, signal: AbortSignal): FetchOutages {
  let failures = 0
  let lookingAgain: Promise<void> | null = null

  async function lookAgainSoon() {
    logger.warn('log.unavailable', { what: 'fetching', reason: 'a partition has no leader where it was' })
    link.discard()
    await wait(LOOK_AGAIN_MS, signal)
    lookingAgain = null
    bell.ring()
  }

  return {
    orWait: async ask => {
      try {
        const answer = await ask()
        failures = 0
        return answer
      } catch (error) {
        if (signal.aborted) return null
        failures += 1
        if (isWorthSaying(failures)) logger.warn('log.unavailable', { what: 'fetching', attempt: failures, error })
        await wait(backoffMs({ attempt: failures, baseMs: 50, capMs: RETRY_CAP_MS, jitter: 0.3, random: Math.random() }), signal)
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
