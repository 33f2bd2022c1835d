// Who may change a message. WhatsApp's server checks who sends and what kind of change it is (the stanza's `edit`), but not which message
// the sealed stanza part names: so whose message that is, is judged here, once, before anything is made of the change. Pure.
import type { proto } from '@whiskeysockets/baileys'
import type { Origin } from './draft.ts'
import { bareJid, isNewsletter } from './jid.ts'
import { type Address, isBetweenTwo } from './stanza-identity.ts'

/**
 * `aliases`: what the sender is known as, besides the addresses in the stanza: its LID or phone number, where the instance knows the pair.
 * `ownId`: the account's own LID, or its phone number while it has none; null: not known yet.
 */
export type MessageOrigin = Origin & { aliases: readonly string[]; ownId: string | null }

/** `targetSenderId`: whose message it is, where that is not the sender's own. */
export type Authority = { isGranted: boolean; targetSenderId: string | null }

const own: Authority = { isGranted: true, targetSenderId: null }
/** `edit` of a revoke by an admin; the server lets nobody else say so. */
const adminRevoke = '8'

/** Everybody may revoke what is their own; a group's admin what is somebody else's. */
export function authorityToRevoke(key: proto.IMessageKey, origin: MessageOrigin): Authority {
  const { stanza } = origin
  if (isOwn(key, origin)) return own
  const targetSenderId = key.participant ? bareJid(key.participant) : null
  return { isGranted: stanza.isGroup && stanza.edit === adminRevoke && targetSenderId !== null, targetSenderId }
}

/** Nobody edits what somebody else wrote. */
export const authorityToEdit = (key: proto.IMessageKey, origin: MessageOrigin): Authority =>
  isOwn(key, origin) ? own : { isGranted: false, targetSenderId: key.participant ? bareJid(key.participant) : null }

/**
 * Of a sealed edit, whose target may be known (`authors` of what is known under its id; empty: nothing is): then that says whose it is, not
 * what the key says alone.
 */
export function authorityToEditSealed(key: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): Authority {
  const bySaying = authorityToEdit(key, origin)
  const [first] = authors
  if (!bySaying.isGranted || first === undefined || authors.some(author => isSender(author, origin))) return bySaying
  return { isGranted: false, targetSenderId: first.id }
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
