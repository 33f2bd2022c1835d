// A moment in which what is read and what is rebuilt are at the same place in every partition: what is read stands still, and what is rebuilt
// comes as far. For a second at most; where that is not enough it is tried again later.
import { type Database, DatabaseError, type Transaction } from '../../database/database.ts'
import { holdStill } from './checkpoint-rows.ts'
import type { Fill } from './fill.ts'
import type { Pair } from './twin-tables.ts'

/** Further behind, nothing stands still for it. */
export const NEAR_RECORDS = 1_000
const PATIENCE_MS = 1_000

type Of = { database: Database; fill: Fill; pair: Pair }

/** `work` in the transaction that holds both. null: it did not come as far in time, and nothing was done. */
export async function standStill<T>(
  { database, fill, pair }: Of,
  work: (tx: Transaction) => Promise<T>,
  signal: AbortSignal,
): Promise<T | null> {
  const held = database.transact(async tx => {
    await tx.query(`set local lock_timeout = ${PATIENCE_MS}`)
    const goals = await holdStill(tx, pair.live)
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
    try {
      await fill.advance(goals, { paced: false }, patience)
    } catch (error) {
      if (patience.aborted && !signal.aborted) return null
      throw error
    }
    if (!isThere(goals, await holdStill(tx, pair.beside))) return null
    return work(tx)
  }, signal)
  return held.catch(error => {
    // Somebody has one of the locks for longer: a step, or a reader of a view.
    if (error instanceof DatabaseError && error.code === 'timeout') return null
    throw error
  })
}

type Places = Awaited<ReturnType<typeof holdStill>>

/** Every topic of every partition. Pure. */
export const isThere = (goals: Places, places: Places): boolean =>
  goals.every(({ partition, offsets }) => {
    const own = places.find(one => one.partition === partition)
    return [...offsets].every(([topic, offset]) => own?.offsets.get(topic) === offset)
  })
