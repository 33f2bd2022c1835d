// Closes parts one after another; one that fails keeps none of the others open.
import type { Logger } from '../runtime/logger.ts'

/** Last first. Each failure is logged; rejects with the first of them, at the end. */
export async function closeAll(parts: readonly { close(): Promise<void> }[], logger: Logger): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts.toReversed())
    await part.close().catch(error => {
      logger.error('process.close-failed', { error })
      failures.push(error)
    })
  if (failures.length > 0) throw failures[0]
}
