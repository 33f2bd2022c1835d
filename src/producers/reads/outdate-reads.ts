// What was read of WhatsApp is old once it was heard that it changed: said in its rows, what is heard meanwhile together. Nobody waits for it; where it
// fails, what was read is as old as it may be.
import type { Database } from '../../database/database.ts'
import { outdateReads, type Question } from '../../instances/socket-reads.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'

export type Outdating = {
  outdate(old: readonly Question[]): void
  /** Resolves once nothing of it is under way. */
  idle(): Promise<void>
}

const maxBatch = 100

export function createOutdating({ database, logger }: { database: Database; logger: Logger }): Outdating {
  const underWay = new Set<Promise<void>>()
  const write = coalesce(async (batch: readonly (readonly Question[])[]) => {
    await outdateReads(database, batch.flat())
    return batch
  }, maxBatch)

  /** Never rejects. */
  async function outdate(old: readonly Question[]): Promise<void> {
    try {
      await write(old)
    } catch (error) {
      logger.warn('socket-reads.not-outdated', { instanceId: old[0]?.instanceId, error: describeError(error) })
    }
  }

  return {
    outdate: old => {
      const done = outdate(old).finally(() => underWay.delete(done))
      underWay.add(done)
    },
    idle: async () => void (await Promise.all(underWay)),
  }
}
