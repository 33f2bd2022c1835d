// What is sent again when a recipient's device could not read a message: the bytes that were sent and what their stanza said, also after a restart,
// and for nobody but the chat that they were sent to.
import { bareJid } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Database } from '../../database/database.ts'
import { findBuilt } from '../../instances/commands-at-work.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { FindSent } from '../socket/send-again.ts'
import { contentOf, createBuiltSeals } from './built-message.ts'

type Deps = { database: Database; sealer: Sealer; logger: Logger; instanceId: string; known: Pick<KnownAddresses, 'complete'> }

/** undefined: none of ours, too old, not to be opened, or another chat's. */
export function createFindSent({ database, instanceId, known, ...deps }: Deps): FindSent {
  const { open } = createBuiltSeals(deps, instanceId)
  const addressesOf = async (jid: string) => Object.values(await known.complete({ id: bareJid(jid), pn: null }))
  return async ({ id, remoteJid }) => {
    const found = id && remoteJid ? await findBuilt(database, instanceId, id) : null
    if (found === null || !remoteJid) return undefined
    const built = open(found.commandId, found.built)
    if (built === null) return undefined
    const asking = await addressesOf(remoteJid)
    const isItsChat = (await addressesOf(built.to)).some(address => address !== null && asking.includes(address))
    return isItsChat ? { ...built, content: contentOf(built) } : undefined
  }
}
