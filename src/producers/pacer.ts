// Spreads connects: at most perSecond of them, each a little off its turn, so that a thousand instances do not knock at once.
import { wait } from '../runtime/wait.ts'

export type Pacer = {
  /** true when it is one's turn; false: the signal aborted first. */
  turn(signal: AbortSignal): Promise<boolean>
}

export function createPacer(options: { perSecond: number; clock: () => number; random: () => number }): Pacer {
  const spacingMs = 1000 / options.perSecond
  let nextAt = 0
  return {
    turn: signal => {
      const nowAt = options.clock()
      const at = Math.max(nowAt, nextAt)
      nextAt = at + spacingMs
      return wait(at - nowAt + options.random() * spacingMs, signal)
    },
  }
}
