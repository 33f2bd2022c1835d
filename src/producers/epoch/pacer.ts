// Spreads connects: at most perSecond of them, each a little off its turn, so that a thousand instances do not knock at once.
import { wait } from '../../runtime/wait.ts'

export type Pacer = {
  /** true when it is one's turn; false: the signal aborted first. */
  turn(signal: AbortSignal): Promise<boolean>
}

/** `monotonic`: milliseconds that never go back. */
export function createPacer(options: { perSecond: number; monotonic: () => number; random: () => number }): Pacer {
  const spacingMs = 1000 / options.perSecond
  let next = 0
  return {
    turn: signal => {
      const now = options.monotonic()
      const turn = Math.max(now, next)
      next = turn + spacingMs
      return wait(turn - now + options.random() * spacingMs, signal)
    },
  }
}
