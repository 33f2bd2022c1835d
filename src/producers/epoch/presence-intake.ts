// What WhatsApp tells of who is there, on its way into its topic: of chats that the settings do not ignore.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { completeAddresses } from '../../convert/complete-addresses.ts'
import { convertPresence } from '../../convert/convert-presence.ts'
import type { OfferOf } from '../../convert/draft.ts'
import type { OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import { readStanza } from '../../convert/stanza-identity.ts'
import { openPresenceQueue } from '../gate/presence-queue.ts'
import type { Epoch } from './open-epoch.ts'
import type { SessionDeps } from './session.ts'

type Of = { epoch: Epoch; known: Pick<KnownAddresses, 'complete' | 'readAhead'>; own(): OwnAddresses }

export function createPresenceIntake(deps: SessionDeps, { epoch, known, own }: Of): (node: BinaryNode) => void {
  const { instanceId, intake, socketLife } = epoch
  const { clock, metrics } = deps
  const complete = (offer: OfferOf<'presence.updated'>) => completeAddresses(offer, known)
  const queue = openPresenceQueue({ ...deps, instanceId, epoch: epoch.epoch, complete }, socketLife.signal)
  return node => {
    const offer = convertPresence(node, readStanza(node, { instanceId, own: own() }), clock())
    if (offer === null) metrics.ignored.inc({ name: `${node.tag} of no known kind` })
    else if (intake.ignores(offer.chatId)) metrics.ignored.inc({ name: 'presence in an ignored chat' })
    else queue.add(offer)
  }
}
