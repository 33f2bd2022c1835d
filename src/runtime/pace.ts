// How fast what can wait goes on: so many a second in the whole process, and only while its loop has time, so that what others wait for comes
// first. A loop that never has time is shared with it all the same, a little.
import { isBusy, type LoopLoad } from './loop-load.ts'
import { wait } from './wait.ts'

export type Pace = {
  /** Resolves when so many may go on. Rejects with the signal's reason. */
  take(count: number, signal: AbortSignal): Promise<void>
}

/** A busy loop is looked at again after this. */
const LOOK_AGAIN_MS = 50

/** `maxRestMs`: longest rest for a busy loop, for what is taken at once. */
export function createPace(of: { perSecond: number; maxRestMs: number; load: LoopLoad; monotonic: () => number }): Pace {
  let freeAtMs = 0

  async function rest(signal: AbortSignal): Promise<void> {
    for (let restedMs = 0; isBusy(of.load()) && restedMs < of.maxRestMs; restedMs += LOOK_AGAIN_MS)
      await wait(LOOK_AGAIN_MS, signal)
  }

  return {
    async take(count, signal) {
      await rest(signal)
      const nowMs = of.monotonic()
      const beginMs = Math.max(nowMs, freeAtMs)
      freeAtMs = beginMs + (count / of.perSecond) * 1000
      if (beginMs > nowMs) await wait(beginMs - nowMs, signal)
      signal.throwIfAborted()
    },
  }
}
