// The look at both: the snapshot is taken while both stand still, and then what is read goes on while they are compared in it.
import type { Database, Transaction } from '../../database/database.ts'
import { readCheckpoints } from '../checkpoints.ts'
import { holdStill } from './checkpoint-rows.ts'
import { type Compared, compareTables, type IsForgotten } from './compare.ts'
import type { Fill } from './fill.ts'
import { isThere, standStill } from './stand-still.ts'
import type { Pair } from './twin-tables.ts'

type Of = { database: Database; fill: Fill; pair: Pair; isForgotten: IsForgotten }

/**
 * What is rebuilt stays where it is until this is over. `done` in the transaction that compared and copied. null: they were not at one place in
 * time, and nothing was done.
 */
export async function compareBoth(
  { database, fill, pair, isForgotten }: Of,
  done: (tx: Transaction, compared: Compared) => Promise<void>,
  signal: AbortSignal,
): Promise<Compared | null> {
  const look = await standStill(
    { database, fill, pair },
    async () => {
      const taken = Promise.withResolvers<void>()
      const comparing = database
        .transact(async tx => {
          await tx.query('set transaction isolation level repeatable read')
          const goals = await readCheckpoints(tx, pair.live) // the snapshot
          taken.resolve()
          // Repeated, it has another one. Who else would fill waits until it is over.
          if (!isThere(goals, await holdStill(tx, pair.beside))) throw new NotEqual()
          const compared = await compareTables(tx, pair, isForgotten)
          await done(tx, compared)
          return compared
        }, signal)
        .finally(taken.resolve)
      comparing.catch(() => undefined) // who waits for it hears
      await taken.promise
      return { comparing }
    },
    signal,
  )
  if (look === null) return null
  return look.comparing.catch(error => {
    if (error instanceof NotEqual) return null
    throw error
  })
}

class NotEqual extends Error {
  override name = 'NotEqual'
}
