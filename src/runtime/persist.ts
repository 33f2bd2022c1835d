// Trying until it succeeds. What is worth another try, and what is said of it, is its caller's; the waiting is here, once.
import { orAbort } from './or-abort.ts'
import { backoffMs, wait } from './wait.ts'

export type Persistence = {
  /** Between tries: exponential from baseMs to capMs, spread by +-jitter [0.2]. */
  backoff: { baseMs: number; capMs: number; jitter?: number; random?: () => number }
  /**
   * After each try that threw; attempts count from 1. `again`: another try after retryInMs. `give-up`: `persist` rejects with the error.
   * A throw of it is what `persist` rejects with.
   */
  failed(failure: { error: unknown; attempt: number; retryInMs: number }): 'again' | 'give-up'
}

/** Resolves what `work` does; rejects with the signal's reason once that aborts, also while `work` runs: what comes of it then is nobody's concern. */
export async function persist<T>(work: (attempt: number) => Promise<T>, how: Persistence, signal: AbortSignal): Promise<T> {
  const { baseMs, capMs, jitter = 0.2, random = Math.random } = how.backoff
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await orAbort(work(attempt), () => signal.reason, signal)
    } catch (error) {
      signal.throwIfAborted()
      const retryInMs = backoffMs({ attempt, baseMs, capMs, jitter, random: random() })
      if (how.failed({ error, attempt, retryInMs }) === 'give-up') throw error
      await wait(retryInMs, signal)
    }
  }
}
