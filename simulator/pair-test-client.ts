// Starts a simulator with one real client paired and logged in: where most of the simulator's tests begin.
import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import type { SimDevice } from './accounts/device.ts'
import { type BaileysClient, memoryAuth, openBaileysClient } from './baileys-client.ts'
import { openSimulator, type Simulator } from './simulator.ts'

export const ownerPn = '5511900000001'

export type Paired = { simulator: Simulator; client: BaileysClient; device: SimDevice; close(): Promise<void> }

/**
 * Without history, because Baileys holds its events back for 20 s after a first login while it waits for some.
 * With it, the phone has to send it.
 */
export async function openPaired(
  config: Partial<UserFacingSocketConfig> = { shouldSyncHistoryMessage: () => false },
): Promise<Paired> {
  const simulator = await openSimulator()
  const client = openBaileysClient(simulator.url, memoryAuth(), config)
  const device = await simulator.scanQr(await client.whenQr(), { pn: ownerPn, name: 'Owner' })
  await client.waitFor(client.isOpen)
  return {
    simulator,
    client,
    device,
    async close() {
      await client.close()
      await simulator.close()
    },
  }
}
