// Waits for a command to be over, for whoever would rather have its outcome than ask for it again.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { readCommand, type ShownCommand } from '../../instances/commands-shown.ts'
import { wait } from '../../runtime/wait.ts'

export const waitQuery = {
  wait: z.coerce
    .number()
    .int()
    .min(1)
    .max(30)
    .optional()
    .describe('seconds to wait for its end; it is done all the same where that takes longer'),
}

const firstLookMs = 20
const lastLookMs = 250

/** As it is once it is over, or the signal aborts; null: there is none. Looks often at first, as most take milliseconds. */
export async function awaitCommand(
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
  signal: AbortSignal,
): Promise<ShownCommand | null> {
  for (let lookMs = firstLookMs; ; lookMs = Math.min(2 * lookMs, lastLookMs)) {
    const found = await readCommand(database, instanceId, commandId)
    if (found === null || found.endedAt !== null || !(await wait(lookMs, signal))) return found
  }
}
