// The QR code that an unpaired instance shows right now, and waiting for the next one, or for a code to type, without a connection per reader.
import type { Database } from '../../database/database.ts'
import { type Qr, qrChannel, readQr } from '../../instances/instance-qr.ts'
import { pairingCodesChannel } from '../../instances/pairing-codes.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { openRowWatch, type RowWatch } from '../row-watch.ts'

export type PendingQr = RowWatch & {
  /** null: none is pending, or it has expired. */
  read(instanceId: string): Promise<Qr | null>
}

/** That an account is linked, or parked, is said on neither channel. */
const pollMs = 1_000

export async function openPendingQr(deps: { database: Database; sealer: Sealer }, signal: AbortSignal): Promise<PendingQr> {
  const watch = await openRowWatch(deps.database, { channels: [qrChannel, pairingCodesChannel], pollMs }, signal)
  return { ...watch, read: instanceId => readQr(deps, instanceId) }
}
