// Who may change a message. WhatsApp's server checks who sends and what kind of change it is (the stanza's `edit`), but not which message
// the sealed stanza part names: so whose message that is, is judged here, once, before anything is made of the change. What the account's own phone
// hands over comes without its stanza. Pure.
import type { proto } from '@whiskeysockets/baileys'
import type { Origin } from './draft.ts'
import { bareJid, isNewsletter } from './jid.ts'
import { type Address, isBetweenTwo } from './stanza-identity.ts'

/**
 * `aliases`: what the sender is known as, besides the addresses in the stanza: its LID or phone number, where the instance knows the pair.
 * `ownId`: the account's own LID, or its phone number while it has none; null: not known yet.
 * `isHandedOver`: by the account's own phone, which WhatsApp delivered it to; what the server called it is not said.
 */
export type MessageOrigin = Origin & { aliases: readonly string[]; ownId: string | null; isHandedOver?: true }

/** `targetSenderId`: whose message it is, where that is not the sender's own. */
export type Authority = { isGranted: boolean; targetSenderId: string | null }

const own: Authority = { isGranted: true, targetSenderId: null }
/** `edit` of a revoke by an admin; the server lets nobody else say so. */
const adminRevoke = '8'
/** `edit` of a pin. */
const pinned = '2'

/**
 * Everybody may revoke what is their own; a group's admin what is somebody else's. `authors`, here and below: of what is known under the id that
 * the key has in the chat; they decide before the key does. Empty: nothing is known, and the key alone says whose it is.
 */
export function authorityToRevoke(key: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): Authority {
  if (isSenders(key, authors, origin)) return own
  const targetSenderId = authorOf(key, authors, origin)
  const { isGroup, edit } = origin.stanza
  return { isGranted: isGroup && edit === adminRevoke && targetSenderId !== null, targetSenderId }
}

/** Nobody edits what somebody else wrote, in clear or under seal. */
export const authorityToEdit = (key: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): Authority =>
  isSenders(key, authors, origin) ? own : { isGranted: false, targetSenderId: authorOf(key, authors, origin) }

/**
 * A group may leave this to its admins: the server looks at what a stanza calls a pin, and cannot see any other. One that the phone keeps and hands
 * over was looked at when it was delivered there.
 */
export const authorityToPin = ({ stanza: { isGroup, edit }, isHandedOver }: MessageOrigin): boolean =>
  !isGroup || edit === pinned || isHandedOver === true

function isSenders(key: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): boolean {
  if (!isOwn(key, origin)) return false
  const isDecided = authors.length > 0 && !isNewsletter(origin.stanza.chat.id)
  return !isDecided || authors.some(author => isSender(author, origin))
}

/** Whose it is, if not the sender's; null: nobody says. Whoever shares the chat may write under the same id: whom the key names comes first. */
function authorOf({ participant }: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): string | null {
  const named = participant ? bareJid(participant) : null
  const others = authors.filter(author => !isSender(author, origin))
  const isNamed = others.some(({ id, pn }) => named !== null && (named === id || named === pn))
  return isNamed ? named : (others[0]?.id ?? named)
}

/** By whichever of its addresses. */
export const isSender = ({ id, pn }: Address, { stanza, aliases }: MessageOrigin): boolean =>
  [stanza.sender.id, stanza.sender.pn, ...aliases].some(address => address !== null && (address === id || address === pn))

/** Keys are written from the sender's point of view; where they do not say whose message it is, it is the sender's. */
function isOwn(key: proto.IMessageKey, { stanza, aliases }: MessageOrigin): boolean {
  if (key.participant) return [stanza.sender.id, stanza.sender.pn, ...aliases].includes(bareJid(key.participant))
  // A channel's messages are the channel's own, and plain: the server reads what it lets through.
  if (isNewsletter(stanza.chat.id)) return true
  // Between two people, what is said not to be the sender's is the other one's.
  return !(isBetweenTwo(stanza) && key.fromMe === false)
}
