// Work on files that waits for its turn: at most so much at once, and so much per instance, and instances take turns.
import type { Config } from '../runtime/config.ts'
import { type Asked, createFairTurns, type FairTurns } from '../runtime/fair-turns.ts'

/** How many files may be in hand: far more than may transfer at once. Who waits for a turn holds no connection, and no instance keeps others from being seen. */
export const FILES_IN_HAND = 1024

export const transferTurns = (config: Pick<Config['media'], 'maxTransfers' | 'maxTransfersPerInstance'>): FairTurns =>
  createFairTurns({ total: config.maxTransfers, perKey: config.maxTransfersPerInstance })

/** Parts of histories that are worked off at once, each of another instance. */
export const historyTurns = (): FairTurns => createFairTurns({ total: 2, perKey: 1 })

/** Resolves and rejects as the work does, or rejects with the signal's reason where that aborts before its turn. */
export async function inTurn<T>(
  turns: FairTurns,
  { work, ...asked }: Asked & { work(): Promise<T> },
  signal: AbortSignal,
): Promise<T> {
  const turn = await turns.take(asked, signal)
  if (typeof turn === 'string') {
    signal.throwIfAborted()
    throw new Error(`waiting for a turn of ${asked.key}: expected one, got ${turn}`)
  }
  try {
    return await work()
  } finally {
    turn.release()
  }
}
