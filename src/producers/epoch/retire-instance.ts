// The end of a pairing: said in the log first, with the end of what was asked of it and is not done; then the auth state is erased, and with the
// instance what the log had refused of it, and the secrets of its messages, and what is sealed with others.
// A crash in between says it again and erases then.
import type { Database } from '../../database/database.ts'
import type { Wanted } from '../../instances/instance-ids.ts'
import { erasePairs } from '../../instances/learned-pairs.ts'
import { eraseSecrets } from '../../instances/message-secrets.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { openAuthRows } from '../auth/auth-rows.ts'
import type { KeyWriter } from '../auth/key-writer.ts'
import { endAllCommands } from '../commands/end-all-commands.ts'
import { forgetKeptStanzas } from '../gate/kept-stanzas.ts'
import { eraseSealed } from '../secrets/sealed-rows.ts'
import type { SecretWriter } from '../secrets/secret-writer.ts'
import { SocketEnded } from '../socket-life.ts'
import { forgetLinking, forgetTold } from '../told/told-rows.ts'
import { deleted, loggedOut } from './instance-events.ts'
import type { InstanceVoice } from './instance-voice.ts'
import type { Epoch } from './open-epoch.ts'

type Deps = {
  database: Database
  sealer: Sealer
  keyWriter: KeyWriter
  secretWriter: SecretWriter
  clock: () => number
  logger: Logger
  voice: InstanceVoice
}

/** Rejects where the log does not answer in time, or a newer epoch owns the instance: then it is begun again. */
export async function retireInstance(deps: Deps, of: { epoch: Epoch; wanted: Wanted; reasonText: string }): Promise<void> {
  const { epoch, wanted, reasonText } = of
  const { instanceId } = wanted
  const at = { instanceId, occurredAt: deps.clock() }
  const { append, ignores } = epoch.intake
  await append([loggedOut(at, reasonText)])
  deps.voice.owe({ state: 'logged-out', reason: 'logged-out', reasonText })
  await deps.voice.tellOwed(append)
  await endAllCommands({ ...deps, append, ignores }, { instanceId, epoch: epoch.epoch })
  if (wanted.wanted === 'deleted' && !wanted.purged) await append([deleted({ ...at, requestId: wanted.requestId })])
  await endWrites(deps, epoch)
  await forgetLinking(deps.database, { instanceId, epoch: epoch.epoch })
  const erased = await openAuthRows(deps, { instanceId, epoch: epoch.epoch }).erase()
  if (erased === 'fenced') throw new SocketEnded(`instance ${instanceId} is owned by a newer epoch`)
  if (wanted.wanted !== 'deleted') return
  await forgetTold(deps.database, instanceId)
  await forgetKeptStanzas(deps.database, instanceId)
  await eraseSecrets(deps.database, instanceId)
  await eraseSealed(deps.database, instanceId)
  await erasePairs(deps.database, instanceId)
}

/**
 * Baileys writes keys whenever it likes, also after the connection is gone: from now on no write begins, and those under way are durable
 * once this resolves, so that the erasure finds them.
 */
async function endWrites({ keyWriter, secretWriter }: Deps, { instanceId, epoch, socketLife }: Epoch): Promise<void> {
  socketLife.release()
  await keyWriter.write({ instanceId, epoch, gone: [], kept: [], creds: null, parts: [] })
  await secretWriter.write([])
}
