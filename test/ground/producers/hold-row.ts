// The row of a command is in somebody else's hands for a while; others' rows are not.
import type { Database } from '../../../src/database/database.ts'

/** `held` resolves once the row of the command with this text is held, and `free` once it is not any more. */
export function holdRow(database: Database, text: string) {
  const freed = Promise.withResolvers<void>()
  let holding: Promise<void> = Promise.resolve()
  return {
    held: (): Promise<void> => {
      const held = Promise.withResolvers<void>()
      holding = database.transact(async tx => {
        await tx.query(`select from commands where body ->> 'text' = $1 for update`, [text])
        held.resolve()
        await freed.promise
      }, AbortSignal.timeout(60_000))
      return held.promise
    },
    free: async (): Promise<void> => {
      freed.resolve()
      await holding
    },
  }
}
