// One notification, as events: each change that it tells of is one, with an ordinal of its own. Where something in it is not known, the
// notification is in the log whole as well, as `unknown`. (Baileys lib/Socket/messages-recv.js processNotification; whatsmeow notification.go.)
import { type Offer, type Origin, unknownDraft } from '../draft.ts'
import { isGroup, isNewsletter } from '../jid.ts'
import { chatsInStanza } from '../named-chats.ts'
import { blockedPeople } from './blocked-people.ts'
import { channelChange, channelUpdate } from './channels.ts'
import { groupChange } from './group-changes.ts'
import { groupPicture } from './group-picture.ts'
import { childrenOf } from './nodes.ts'
import type { ConvertChild, Notification, Said } from './said.ts'

/** WhatsApp bundles a few changes of one moment. */
const maxEvents = 1_000

/** At least one; `name`: what is kept whole is called by. Never throws. */
export function convertNotification(of: Notification, name: string): readonly Offer[] {
  const { node, origin } = of
  const changes = changesOf(of)
  const said = changes.flatMap(one => one ?? [])
  const isKnown = said.length > 0 && said.length <= maxEvents && changes.every(one => one !== null)
  const at = (index: number, hasRaw: boolean): Origin => ({
    ...origin,
    ordinal: { ...origin.ordinal, index },
    raw: hasRaw ? origin.raw : null,
  })
  if (isKnown) return said.map((make, index) => make(at(index, index === 0)))
  const whole = unknownDraft(origin, name, chatsInStanza(node))
  return said.length > maxEvents ? [whole] : [whole, ...said.map((make, index) => make(at(index, false)))]
}

function changesOf(of: Notification): readonly (readonly Said[] | null)[] {
  const convert = converterOf(of)
  return convert === null ? [null] : childrenOf(of.node).map(child => convert(child, of))
}

function converterOf({ node: { attrs }, origin: { stanza } }: Notification): ConvertChild | null {
  switch (attrs.type) {
    case 'w:gp2':
      return isGroup(stanza.chat.id) ? groupChange : null
    case 'picture':
      return isGroup(stanza.chat.id) ? groupPicture : null
    case 'account_sync':
      return blockedPeople
    case 'newsletter':
      return isNewsletter(stanza.chat.id) ? channelChange : null
    case 'mex':
      return channelUpdate
    default:
      return null
  }
}
