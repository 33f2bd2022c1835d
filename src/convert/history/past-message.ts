// An entry of a history as message.history: what was written is converted as if it had just come, and beside it stands all that the phone says of
// the message. What tells of another message, and what cannot be opened, is passed over by name. Pure, never throws.
import { proto } from '@whiskeysockets/baileys'
import { isStorableId } from '../../events/storable-ids.ts'
import { convertRead } from '../convert-message.ts'
import type { Offer, OfferOf } from '../draft.ts'
import { webMessageInfoNumbers } from '../generated/history-field-numbers.ts'
import { bareJid } from '../jid.ts'
import { fieldOf, hasContent } from '../message-content.ts'
import { messageDraft } from '../message-draft.ts'
import { secretBroughtBy } from '../sealed/message-secret.ts'
import type { Stanza } from '../stanza-identity.ts'
import { unwrapMessage } from '../unwrap-message.ts'
import { besideMessage } from './beside-message.ts'
import { type Converted, type HistoryContext, type HistoryDraft, nothing, passedOver, unreadable } from './history-context.ts'
import { type PastKey, pastEventId, pastKeyOf, pastStanza } from './past-stanza.ts'
import { secondsAt } from './said-at.ts'
import { bodyInstead, isRevoked, undecryptableOf } from './stub.ts'

/** `chat`: of the conversation that it is in; null: not said. `order`: the phone's own number of it. */
export type PastEntry = { chat: string | null; bytes: Uint8Array; order: number | null }

/** `ordinal`: its place among the messages of the notification. */
export function convertPastMessage(entry: PastEntry, ordinal: number, context: HistoryContext): Converted {
  try {
    const info = proto.WebMessageInfo.decode(entry.bytes)
    const key = pastKeyOf(info, entry.chat)
    if (key === null) return unreadable('message without key')
    if ([key.chat, entry.chat ?? key.chat].some(chat => context.ignores(bareJid(chat)))) return passedOver('settings')
    if (!context.withMessages) return passedOver('historySync is off')
    return convertKnown({ info, entry, ordinal }, key, context)
  } catch {
    return unreadable('message')
  }
}

type Decoded = { info: proto.WebMessageInfo; entry: PastEntry; ordinal: number }

function convertKnown({ info, entry, ordinal }: Decoded, said: PastKey, context: HistoryContext): Converted {
  const { message, key } = asItStands(info.message, said)
  if (!isStorableId(key.messageId)) return unreadable('message without key')
  const raw = fieldOf(entry.bytes, webMessageInfoNumbers.message) ?? Buffer.of()
  const read = { message, origin: originOf(raw, pastStanza(key, info, context), context), secret: info.messageSecret ?? null }
  const isOwnRevoke = isRevokeOf(message, key.messageId)
  const state = { isRevoked: isOwnRevoke || isRevoked(info), isEmpty: isOwnRevoke || !hasContent(raw) }
  const offer = state.isEmpty
    ? messageDraft(bodyInstead(info, state), unwrapMessage({}), read.origin)
    : convertRead(read, context.ignores, context.secretsOf(read))
  const draft = draftOf(offer, { info, key, entry, ordinal, ...state, stanza: read.origin.stanza }, context)
  if (draft === null) return passedOver(offer.type === 'unknown' ? offer.name : offer.type)
  return { ...nothing, drafts: [draft], secret: secretBroughtBy(read) }
}

/** The sender's addresses, both of them, may be what a key inside of the message says. */
const originOf = (raw: Uint8Array, stanza: Stanza, { own, toldAt }: HistoryContext) => ({
  ...{ stanza, raw, ordinal: { part: 0, index: 0 }, receivedAt: toldAt, ownId: own.lid ?? own.pn },
  aliases: stanza.sender.pn === null ? [] : [stanza.sender.pn],
})

const { Type } = proto.Message.ProtocolMessage

/**
 * Phones keep an edited message as its last edit, which names it (whatsmeow's ParseWebMessage takes it so): that is the message as it stands, under
 * its own id.
 */
function asItStands(message: proto.IMessage | null | undefined, key: PastKey): { message: proto.IMessage; key: PastKey } {
  const { protocolMessage: change } = unwrapMessage(message ?? {}).content
  if (change?.type !== Type.MESSAGE_EDIT || !change.editedMessage || !change.key?.id) return { message: message ?? {}, key }
  return { message: change.editedMessage, key: { ...key, messageId: change.key.id } }
}

/** Some phones keep a revoked message as the revoke of itself. */
function isRevokeOf(message: proto.IMessage, messageId: string): boolean {
  const { protocolMessage: change } = unwrapMessage(message).content
  const isRevoke = change != null && (change.type ?? Type.REVOKE) === Type.REVOKE
  return isRevoke && (!change.key?.id || change.key.id === messageId)
}

type Known = Decoded & { key: PastKey; stanza: Stanza; isRevoked: boolean; isEmpty: boolean }

/** null: it is no message. */
function draftOf(offer: Offer, known: Known, context: HistoryContext): HistoryDraft | null {
  if (offer.type === 'message.received' || offer.type === 'message.sent') return messageOf(offer, known, context)
  if (offer.type !== 'poll.voted') return null
  const eventId = pastEventId('poll.voted', known.key, context.instanceId)
  const targetSenderId = offer.targetSenderId ? context.pairs.addressOf(offer.targetSenderId).id : null
  return { ...offer, eventId, targetSenderId, origin: 'history' }
}

type Written = OfferOf<'message.received'> | OfferOf<'message.sent'>

function messageOf({ source: _, ...offer }: Written, known: Known, context: HistoryContext): HistoryDraft {
  const { info, key, stanza, isEmpty } = known
  return {
    ...offer,
    type: 'message.history',
    eventId: pastEventId('message.history', key, context.instanceId),
    raw: info.message ? (offer.raw ?? null) : null,
    ordinal: known.ordinal,
    order: known.entry.order,
    ...besideMessage(info, { stanza, poll: offer.poll ?? null }, context),
    revokedAt: known.isRevoked ? (secondsAt(info.revokeMessageTimestamp, context.toldAt) ?? offer.occurredAt) : null,
    undecryptable: isEmpty && !known.isRevoked ? undecryptableOf(info) : null,
    syncType: context.syncType,
    sourceEventId: context.sourceEventId,
    origin: 'history',
  }
}
