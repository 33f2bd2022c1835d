// The memory of one transfer's pieces: a few at once, filled again when they come back, so that neither a slow reader nor the collector
// lets them pile up.
import { orAbort } from '../../runtime/or-abort.ts'
import { PIECE_BYTES } from './transfer-messages.ts'

export type PieceMemory = {
  /** Resolves when a piece may be filled; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<ArrayBuffer>
  giveBack(memory: ArrayBuffer): void
}

/** One is filled while the others are on their way or read. */
const PIECES = 3
/** A sender that announces less gets no smaller pieces: each costs a message. */
const LEAST_BYTES = 64 * 1024

/** `expectedBytes`: as announced; a small file takes no more than it needs. */
export function createPieceMemory(expectedBytes: number | null): PieceMemory {
  const pieceBytes = Math.min(PIECE_BYTES, Math.max(LEAST_BYTES, expectedBytes ?? PIECE_BYTES))
  const spare: ArrayBuffer[] = []
  const waiting: ((memory: ArrayBuffer) => void)[] = []
  let made = 0
  return {
    async take(signal) {
      const known = spare.pop()
      if (known !== undefined) return known
      if (made < PIECES) {
        made += 1
        return new ArrayBuffer(pieceBytes)
      }
      const { promise, resolve } = Promise.withResolvers<ArrayBuffer>()
      waiting.push(resolve)
      return await orAbort(promise, () => signal.reason, signal)
    },
    giveBack(memory) {
      const next = waiting.shift()
      if (next === undefined) spare.push(memory)
      else next(memory)
    },
  }
}
