// Asks until the log is available: a retryable LogError is waited out and said, less and less often; any other is thrown.
import type { Logger } from '../../runtime/logger.ts'
import { persist } from '../../runtime/persist.ts'
import { isWorthSaying } from '../../runtime/wait.ts'
import { LogError } from '../log.ts'

/** null: the signal aborted first. `what` is what is being asked for. */
export async function waitedFor<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<Answer | null> {
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) => {
    if (!(error instanceof LogError) || !error.retryable) return 'give-up' as const
    if (isWorthSaying(attempt)) logger.warn('log.unavailable', { what, attempt, error })
    return 'again' as const
  }
  try {
    return await persist(ask, { backoff: { baseMs: 50, capMs: 1_000, jitter: 0.3 }, failed }, signal)
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}
