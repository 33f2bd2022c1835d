// Waking whoever waits for something to change. A ring that nobody waits for is kept for the next who listens, so that none is lost between
// looking and waiting.
import { onAbort } from './or-abort.ts'

export type Bell = {
  ring(): void
  /**
   * true: it rang, now or since the last `rung` that answered true. false: `atMostMs` passed, or the signal aborted. One loop listens in this
   * way: of two that do, the first takes the kept ring.
   */
  rung(signal: AbortSignal, atMostMs?: number): Promise<boolean>
  /** Looks at once and after each ring; any number may wait. true: the condition holds. false: the signal aborted first. Never rejects. */
  until(condition: () => boolean, signal: AbortSignal): Promise<boolean>
}

export function createBell(): Bell {
  const listening = new Set<() => void>()
  let isKept = false

  function ring(): void {
    isKept = true
    for (const hear of [...listening]) hear()
  }

  /** false: the time passed, or the signal aborted. */
  function next(signal: AbortSignal, atMostMs: number | null): Promise<boolean> {
    return new Promise(resolve => {
      const end = (rang: boolean) => {
        clearTimeout(timer)
        listening.delete(hear)
        stop()
        resolve(rang)
      }
      const hear = () => end(true)
      const timer = atMostMs === null ? undefined : setTimeout(() => end(false), atMostMs)
      const stop = onAbort(signal, () => end(false))
      listening.add(hear)
    })
  }

  return {
    ring,
    rung: async (signal, atMostMs) => {
      const rang = !signal.aborted && (isKept || (await next(signal, atMostMs ?? null)))
      if (rang) isKept = false
      return rang
    },
    until: async (condition, signal) => {
      while (!condition()) if (!(await next(signal, null))) return false
      return true
    },
  }
}
