// The memory of a thread's pieces: filled again when they come back, by whichever transfer, so that neither a slow reader nor the collector
// lets them pile up. Each transfer has one of its own, so that none waits for another, and a few more are for those that are fast enough.
import { orAbort } from '../../runtime/or-abort.ts'
import { PIECE_BYTES } from './transfer-messages.ts'

export type PieceMemory = {
  open(): TransferMemory
  /** Of a transfer that is over. */
  keep(memory: ArrayBuffer): void
}
/** Of one transfer; disposed of, what it did not hand out is for the next. */
export type TransferMemory = Disposable & {
  /** Resolves when a piece may be filled; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<ArrayBuffer>
  giveBack(memory: ArrayBuffer): void
}

/** Of all transfers of a thread, beside each one's own. */
const SHARED_PIECES = 8
/** One is filled while the others are on their way or read. */
const MAX_PIECES = 3
/** As many as wait for a transfer that begins; more than that were a rush's. */
const MAX_SPARE = 16

export function createPieceMemory(): PieceMemory {
  const spare: ArrayBuffer[] = []
  const shared = { taken: 0 }
  const keep = (memory: ArrayBuffer) => void (spare.length < MAX_SPARE && spare.push(memory))
  return {
    keep,
    open() {
      const own: ArrayBuffer[] = []
      const waiting: ((memory: ArrayBuffer) => void)[] = []
      let made = 0
      const mayHaveMore = () => made === 0 || (made < MAX_PIECES && shared.taken < SHARED_PIECES)
      return {
        async take(signal) {
          const known = own.pop()
          if (known !== undefined) return known
          if (mayHaveMore()) {
            if (made > 0) shared.taken += 1
            made += 1
            return spare.pop() ?? new ArrayBuffer(PIECE_BYTES)
          }
          const { promise, resolve } = Promise.withResolvers<ArrayBuffer>()
          waiting.push(resolve)
          return await orAbort(promise, () => signal.reason, signal)
        },
        giveBack(memory) {
          const next = waiting.shift()
          if (next === undefined) own.push(memory)
          else next(memory)
        },
        [Symbol.dispose]() {
          shared.taken -= Math.max(0, made - 1)
          made = 0
          own.splice(0).forEach(keep)
        },
      }
    },
  }
}
