// The QR code that an unpaired instance shows right now, and waiting for the next one, or for a code to type, without a connection per reader.
import type { Database } from '../../database/database.ts'
import { type Qr, qrChannel, readQr } from '../../instances/instance-qr.ts'
import { pairingCodesChannel } from '../../instances/pairing-codes.ts'
import { type Bell, createBell } from '../../runtime/bell.ts'
import type { Sealer } from '../../runtime/seal.ts'

export type PendingQr = {
  /** null: none is pending, or it has expired. */
  read(instanceId: string): Promise<Qr | null>
  /** Asks again and again until `answer` is not null or the signal aborts (null). */
  until<T>(answer: () => Promise<T | null>, signal: AbortSignal): Promise<T | null>
}

/** Wakes may be lost: whoever waits asks again after this long all the same. */
const POLL_MS = 1_000

export async function openPendingQr(deps: { database: Database; sealer: Sealer }, signal: AbortSignal): Promise<PendingQr> {
  /** One of each who waits. */
  const bells = new Set<Bell>()
  const ring = () => {
    for (const bell of bells) bell.ring()
  }
  for (const channel of [qrChannel, pairingCodesChannel]) await deps.database.listen(channel, ring, signal)
  return {
    read: instanceId => readQr(deps, instanceId),
    until: async (answer, until) => {
      const bell = createBell()
      bells.add(bell)
      try {
        for (;;) {
          const answered = await answer()
          if (answered !== null || until.aborted) return answered
          await bell.rung(until, POLL_MS)
        }
      } finally {
        bells.delete(bell)
      }
    },
  }
}
