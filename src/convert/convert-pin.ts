// Messages pinned for everyone in a chat, and unpinned. Whoever may pin there may pin what anybody wrote: WhatsApp's server checks who does, of what
// its stanza calls a pin.
import { proto } from '@whiskeysockets/baileys'
import { authorityToPin, isSender, type MessageOrigin } from './authority.ts'
import { envelopeOf, type OfferOf, type Origin, unknownDraft } from './draft.ts'
import { bareJid } from './jid.ts'
import { numberOf } from './kinds/body.ts'
import { whenOf } from './occurred-at.ts'
import { type Address, isBetweenTwo } from './stanza-identity.ts'
import type { Unwrapped } from './unwrap-message.ts'

const { Type } = proto.Message.PinInChatMessage

/** `addOnSeconds`: how long it is pinned. `authors`: of what is known under the id of what is pinned; empty: nothing is. */
export function convertPin(
  pin: proto.Message.IPinInChatMessage,
  { addOnSeconds }: Pick<Unwrapped, 'addOnSeconds'>,
  authors: readonly Address[],
  origin: MessageOrigin,
): OfferOf<'message.pinned'> | OfferOf<'unknown'> {
  const on = pin.type === Type.PIN_FOR_ALL
  if (!pin.key?.id || !(on || pin.type === Type.UNPIN_FOR_ALL)) return unknownDraft(origin, 'message: pinInChatMessage')
  if (!authorityToPin(origin)) return unknownDraft(origin, 'message: pin without authority')
  return {
    ...envelopeOf('message.pinned', origin),
    targetMessageId: pin.key.id,
    targetSenderId: authorOf(pin.key, authors, origin),
    on,
    untilAt: on && addOnSeconds !== null ? pinnedAt(pin, origin) + addOnSeconds * 1000 : null,
    isGroup: origin.stanza.isGroup,
  }
}

/** Whom the key names, but for what is known to be somebody else's. */
function authorOf(key: proto.IMessageKey, authors: readonly Address[], origin: MessageOrigin): string | null {
  const said = saidAuthorOf(key, origin)
  const isSaid = (author: Address) =>
    author.id === said || author.pn === said || (said === origin.stanza.sender.id && isSender(author, origin))
  return said === null || authors.some(isSaid) ? said : (authors[0]?.id ?? said)
}

/**
 * Keys are written from the sender's point of view: between two people what is not the sender's is the other one's, who for what comes in is
 * the account itself. null: the chat's other side.
 */
function saidAuthorOf({ participant, fromMe }: proto.IMessageKey, { stanza, ownId }: MessageOrigin): string | null {
  if (participant) return bareJid(participant)
  if (fromMe) return stanza.sender.id
  return !stanza.fromMe && isBetweenTwo(stanza) ? ownId : null
}

/** By the sender's clock, which its apps count from, where that can be. */
function pinnedAt(pin: proto.Message.IPinInChatMessage, { stanza, receivedAt }: Origin): number {
  const saidMs = numberOf(pin.senderTimestampMs)
  const isPossible = saidMs !== null && whenOf(String(Math.trunc(saidMs / 1000)), receivedAt).occurredAtSaid === null
  return isPossible ? saidMs : whenOf(stanza.saidAt, receivedAt).occurredAt
}
