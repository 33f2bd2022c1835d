// What is sent again when a recipient's device could not read a message: the bytes that were sent and what their stanza said, also after a restart,
// and for nobody but the chat that they were sent to; of a status, for its audience alone.
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
  /** As it asks, or by either of its two addresses: others may be a thousand, and are looked up for nobody. */
  const isOneOf = async (jid: string, others: readonly string[]) => {
    const asked = bareJid(jid)
    if (others.includes(asked)) return true
    const { id, pn } = await known.complete({ id: asked, pn: null })
    return others.some(other => other === id || other === pn)
  }
  return async ({ id, remoteJid, participant }) => {
    const found = id && remoteJid ? await findBuilt(database, instanceId, id) : null
    if (found === null || !remoteJid) return undefined
    const built = open(found.commandId, found.built)
    if (built === null) return undefined
    if (!(await isOneOf(remoteJid, [built.to]))) return undefined
    const { audience } = built
    const isTheirs = audience === undefined || (!!participant && (await isOneOf(participant, audience)))
    return isTheirs ? { ...built, content: contentOf(built) } : undefined
  }
}
