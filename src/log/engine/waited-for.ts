// Asks until the log is available: a retryable LogError is waited out and said, less and less often; any other is thrown.
import type { Logger } from '../../runtime/logger.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import { LogError } from '../log.ts'

/** null: the signal aborted first. `what` is what is being asked for. */
export async function waitedFor<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<Answer | null> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof LogError) || !error.retryable) throw error
      if (isWorthSaying(attempt)) logger.warn('log.unavailable', { what, attempt, error })
      await wait(backoffMs({ attempt, baseMs: 50, capMs: 1_000, jitter: 0.3, random: Math.random() }), signal)
    }
  }
  return null
}
