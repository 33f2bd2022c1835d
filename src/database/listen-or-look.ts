// Being woken is a shortcut of looking: where it cannot be had that is said, and whoever waits finds by looking.
import type { Logger } from '../runtime/logger.ts'
import type { Database } from './database.ts'

type Wakes = {
  channel: string
  wake(payload: string): void
  /** Line of the log. */
  unheard: string
}

/** Resolves once listening, or once that failed; listens until the signal aborts. Never rejects. */
export async function listenOrLook(
  { database, logger }: { database: Pick<Database, 'listen'>; logger: Pick<Logger, 'warn'> },
  { channel, wake, unheard }: Wakes,
  signal: AbortSignal,
): Promise<void> {
  try {
    await database.listen(channel, wake, signal)
  } catch (error) {
    if (!signal.aborted) logger.warn(unheard, { error })
  }
}
