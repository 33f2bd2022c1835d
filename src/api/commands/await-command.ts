// Waits for a command to be over, for whoever would rather have its outcome than ask for it again.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { readCommand, type ShownCommand } from '../../instances/commands-shown.ts'
import type { RowWatch } from '../row-watch.ts'

export const waitQuery = {
  wait: z.coerce
    .number()
    .int()
    .min(1)
    .max(30)
    .optional()
    .describe('seconds to wait for its end; it is done all the same where that takes longer'),
}

export type AwaitDeps = { database: Transaction; commandEnds: RowWatch }

/** As it is once it is over, or the signal aborts; null: there is none. */
export async function awaitCommand(
  { database, commandEnds }: AwaitDeps,
  { instanceId, commandId }: { instanceId: string; commandId: string },
  signal: AbortSignal,
): Promise<ShownCommand | null> {
  const look = () => readCommand(database, instanceId, commandId)
  const isOver = (found: ShownCommand | null) => found === null || found.endedAt !== null
  const over = await commandEnds.until(
    async () => {
      const found = await look()
      return isOver(found) ? { found } : null
    },
    [commandId],
    signal,
  )
  return over === null ? look() : over.found
}
