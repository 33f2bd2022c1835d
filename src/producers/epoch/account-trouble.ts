// Tells of an account that cannot go on: its connections end, or do not begin, one after another for the same reason, and none of them stays.
// One that stays for [calmMs] is a new beginning: whatever stops an account stops it sooner than that.
import { describeError } from '../../runtime/logger.ts'

export type Ended = {
  /** The same word for the same reason. */
  reason: string
  /** For people. */
  text: string
  /** What its pending work failed with at last; null: nothing. */
  failure: unknown
}
export type AccountTrouble = {
  /** It has a connection; `openedAt` says since when it is logged in, null: not yet, or no longer. */
  connected(openedAt: () => number | null): void
  ended(how: Ended): void
  /** Nobody wants it to go on, or somebody wants it to begin anew. */
  forget(): void
  /** For people, with the reason; null: it goes on. */
  told(): string | null
}
type Streak = Ended & { times: number; sinceAt: number }

/** Twice may be chance. */
const minTimes = 3

export function createAccountTrouble({ clock, calmMs }: { clock: () => number; calmMs: number }): AccountTrouble {
  let streak: Streak | null = null
  let openedAt: () => number | null = () => null

  function forgetOnceCalm(): void {
    const since = openedAt()
    if (since !== null && clock() - since >= calmMs) streak = null
  }

  return {
    connected: when => {
      openedAt = when
    },
    ended: how => {
      forgetOnceCalm()
      openedAt = () => null
      const isAgain = streak?.reason === how.reason
      streak = { ...how, times: isAgain && streak ? streak.times + 1 : 1, sinceAt: isAgain && streak ? streak.sinceAt : clock() }
    },
    forget: () => {
      streak = null
    },
    told: () => {
      forgetOnceCalm()
      if (streak === null || streak.times < minTimes) return null
      const { text, failure, times, sinceAt } = streak
      const words = failure === null ? '' : ` ${describeError(failure)}`
      return `${text}${words} (${times} times since ${new Date(sinceAt).toISOString()})`
    },
  }
}
