// Files are fetched, decrypted and proven in a few threads of their own. What one of them dies of fails the transfers in it and no others,
// and the next transfer finds a new one; how many run at once, and whose, is decided before (in-turn.ts).
import { availableParallelism } from 'node:os'
import type { Logger } from '../../runtime/logger.ts'
import { type Hand, hire } from './transfer-hand.ts'
import type { Job, Piece } from './transfer-messages.ts'

export type Transfers = {
  /**
   * A file's plain bytes, unproven until the piece that has `file`, which is the last. A piece is the reader's until it asks for the next, or
   * calls `return`. Throws MediaError, the signal's reason, or Error where its thread ended. Who does not read to the end calls `return`.
   */
  open(of: Omit<Extract<Job, { kind: 'open' }>, 'kind'>, signal: AbortSignal): AsyncGenerator<Piece, void, undefined>
  /** Whose keys the file was sealed with, by its MAC alone; null: none of them. Rejects as `open` throws. */
  findKeys(of: Omit<Extract<Job, { kind: 'find-keys' }>, 'kind'>, signal: AbortSignal): Promise<string | null>
  /** Idempotent. Transfers that run fail. */
  close(): Promise<void>
}

export type TransfersOptions = {
  connectTimeoutMs: number
  maxTransfers: number
  logger: Logger
  /** Threads [one per core but one, which the main thread has; at most four]. */
  maxWorkers?: number
  /** So long without a transfer, and a thread's memory is given back. */
  idleMs?: number
  /** What a thread runs. */
  entry?: URL
}

const MAX_WORKERS = 4
const IDLE_MS = 30_000

export function openTransfers({
  maxWorkers = Math.max(1, Math.min(MAX_WORKERS, availableParallelism() - 1)),
  idleMs = IDLE_MS,
  entry = new URL('./transfer-worker.ts', import.meta.url),
  ...options
}: TransfersOptions): Transfers {
  const hands = new Set<Hand>()
  let closed = false

  function hand(): Hand {
    if (closed) throw new Error('beginning a transfer: expected to be open, they are closed')
    const [idlest] = [...hands].sort((a, b) => a.held() - b.held())
    if (idlest !== undefined && (idlest.held() === 0 || hands.size >= maxWorkers)) return idlest
    const hired = hire({ ...options, idleMs, entry, ended: () => void hands.delete(hired) })
    hands.add(hired)
    return hired
  }

  async function* open(of: Parameters<Transfers['open']>[0], signal: AbortSignal): AsyncGenerator<Piece, void, undefined> {
    using transfer = hand().begin({ kind: 'open', ...of })
    for (;;) {
      const said = await transfer.next(signal)
      if (said.kind !== 'piece') throw new Error(`transferring a file: expected a piece, got ${said.kind}`)
      try {
        yield { bytes: said.bytes, file: said.file }
      } finally {
        // Of the last piece as well: who has it does not ask for another, but calls `return`.
        transfer.giveBack(said.bytes.buffer)
      }
      if (said.file !== null) return
    }
  }

  return {
    open,
    async findKeys(of, signal) {
      using transfer = hand().begin({ kind: 'find-keys', ...of })
      const said = await transfer.next(signal)
      if (said.kind !== 'keys') throw new Error(`finding a file's keys: expected them, got ${said.kind}`)
      return said.found
    },
    async close() {
      closed = true
      await Promise.all([...hands].map(one => one.end()))
    },
  }
}
