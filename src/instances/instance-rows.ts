// The rows that the owner of an instance shares with the API: what is wanted of each, who owns it, which code it shows.
import type { Database } from '../database/database.ts'
import type { Sealer } from '../runtime/seal.ts'
import { readWanted, type Wanted } from './instance-ids.ts'
import { endCleanly, type Owned, park, takeEpoch } from './instance-owners.ts'
import { hideQr, type Qr, showQr } from './instance-qr.ts'
import { hidePairingCode } from './pairing-codes.ts'

/** Each as the function of that name says. */
export type InstanceRows = {
  readWanted(): Promise<readonly Wanted[]>
  takeEpoch(instanceId: string): Promise<{ epoch: number; endedCleanly: boolean }>
  endCleanly(of: Owned): Promise<void>
  park(of: Owned, task: string): Promise<void>
  showQr(of: Owned & Qr): Promise<void>
  hideQr(of: Owned): Promise<void>
  hidePairingCode(of: Owned): Promise<void>
}

export const openInstanceRows = (deps: { database: Database; sealer: Sealer }): InstanceRows => ({
  readWanted: () => readWanted(deps.database),
  takeEpoch: instanceId => takeEpoch(deps.database, instanceId),
  endCleanly: of => endCleanly(deps.database, of),
  park: (of, task) => park(deps.database, of, task),
  showQr: of => showQr(deps, of),
  hideQr: of => hideQr(deps.database, of),
  hidePairingCode: of => hidePairingCode(deps.database, of),
})
