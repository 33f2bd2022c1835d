// Spreads connects: at most perSecond of them, each a little off its time, so that a thousand instances do not knock at once.
import { wait } from '../../runtime/wait.ts'

export type Pacer = {
  /** true when one may connect; false: the signal aborted first. */
  next(signal: AbortSignal): Promise<boolean>
}

/** `monotonic`: milliseconds that never go back. */
export function createPacer(options: { perSecond: number; monotonic: () => number; random: () => number }): Pacer {
  const spacingMs = 1000 / options.perSecond
  let dueFrom = 0
  return {
    next: signal => {
      const now = options.monotonic()
      const dueAt = Math.max(now, dueFrom)
      dueFrom = dueAt + spacingMs
      return wait(dueAt - now + options.random() * spacingMs, signal)
    },
  }
}
