// One decrypted part of a message stanza, as events: pure, and lossless, because what is not converted is `unknown` with its bytes.
import { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from './authority.ts'
import { withoutIgnored } from './carried-messages.ts'
import { convertKind } from './convert-kind.ts'
import { convertProtocolMessage } from './convert-protocol-message.ts'
import { envelopeOf, type Ignores, type Offer, unknownDraft } from './draft.ts'
import { bareJid } from './jid.ts'
import { type Body, intOf } from './kinds/body.ts'
import { eventAnswer } from './kinds/event.ts'
import { hasContent, unpad } from './message-content.ts'
import { firstFieldOf } from './message-fields.ts'
import { newerText } from './newer-content.ts'
import { type Recovered, recoveredFrom } from './recovered-messages.ts'
import type { Stanza } from './stanza-identity.ts'
import { type Unwrapped, unwrapMessage } from './unwrap-message.ts'

export type MessagePart = {
  stanza: Stanza
  /** Index among the encrypted or plain parts of the stanza. */
  part: number
  plaintext: Uint8Array
  /** Encrypted parts come padded, newsletters' plain ones do not. */
  isPadded: boolean
  receivedAt: number
  /** See MessageOrigin. */
  aliases: readonly string[]
  ignores: Ignores
}

/** Empty: the stanza part only distributes keys. Never throws: what cannot be read is `unknown`. */
export function convertMessage(of: MessagePart): readonly Offer[] {
  const { stanza, part, plaintext, isPadded, receivedAt, aliases } = of
  const origin: MessageOrigin = { stanza, ordinal: { part, index: 0 }, raw: plaintext, receivedAt, aliases }
  try {
    const raw = isPadded ? unpad(plaintext) : plaintext
    if (!hasContent(raw)) return []
    const message = proto.Message.decode(raw)
    const recovered = recoveredFrom(unwrapMessage(message).content, origin)
    return [{ message, origin: { ...origin, raw } }, ...recovered].map(one => convertOne(one, of.ignores))
  } catch (error) {
    return [unknownDraft(origin, `message: unreadable, ${error instanceof Error ? error.name : 'Error'}`)]
  }
}

/** The same message as Baileys would hand out, for whoever processes its sender keys. */
export function decodeMessage(padded: Uint8Array): proto.IMessage {
  const message = proto.Message.decode(unpad(padded))
  return message.deviceSentMessage?.message ?? message
}

/** What was left out of its bytes shows in its name. */
function convertOne({ message, origin }: Recovered, ignores: Ignores): Offer {
  const { raw, chats, isCut } = withoutIgnored(message, origin.raw, ignores)
  const offer = convertContent({ message, bytes: origin.raw }, { ...origin, raw })
  if (offer.type !== 'unknown') return offer
  return { ...offer, name: isCut ? `${offer.name}, less what is ignored` : offer.name, chats: [...offer.chats, ...chats] }
}

/** A message that can be read: as it came, or opened with a secret. `bytes` are those that it was decoded from. */
export type Content = { message: proto.IMessage; bytes: Uint8Array }

/** `parentMessageId`: of what was sealed, the message that it belongs to. Throws on bytes that are no protobuf. */
export function convertContent({ message, bytes }: Content, origin: MessageOrigin, parentMessageId: string | null = null): Offer {
  const unwrapped = { ...unwrapMessage(message), ...(parentMessageId !== null && { parentMessageId }) }
  const { content } = unwrapped
  const change = convertProtocolMessage(unwrapped, origin)
  if (change !== null) return change
  const body = origin.stanza.isPeer ? null : (convertKind(content) ?? newerBody(unwrapped, bytes, origin.stanza))
  if (body !== null) return messageDraft(body, unwrapped, origin)
  return unknownDraft(origin, `message: ${firstFieldOf(content) ?? 'a kind newer than this version'}`)
}

/** The answer to an event, opened: a message that has the event as its parent. */
export const convertEventAnswer = (answer: proto.Message.IEventResponseMessage, eventId: string, origin: MessageOrigin): Offer =>
  messageDraft(eventAnswer(answer), { ...unwrapMessage({}), parentMessageId: eventId }, origin)

/** What people write in a kind that is newer than this version; what the server calls a change of another message is none. */
function newerBody({ content, path }: Unwrapped, bytes: Uint8Array, { edit }: Stanza): Body | null {
  if (firstFieldOf(content) !== null || edit !== null) return null
  const text = newerText(bytes, path)
  return text === undefined ? null : { kind: 'unknown', text, context: null }
}

function messageDraft({ context, ...body }: Body, unwrapped: Unwrapped, origin: MessageOrigin): Offer {
  const { stanza } = origin
  const expiresInSeconds = intOf(context?.expiration)
  const fields = {
    ...body,
    senderName: stanza.senderName,
    isGroup: stanza.isGroup,
    quotedMessageId: context?.stanzaId || null,
    mentions: context?.mentionedJid?.length ? context.mentionedJid.map(bareJid) : null,
    parentMessageId: body.parentMessageId ?? unwrapped.parentMessageId,
    forwarded: unwrapped.forwarded || (context?.isForwarded ?? null),
    viewOnce: unwrapped.viewOnce || body.viewOnce === true ? true : null,
    expiresInSeconds: expiresInSeconds === 0 ? null : expiresInSeconds,
  }
  return stanza.fromMe
    ? { ...envelopeOf('message.sent', origin), ...fields, source: stanza.senderDevice === 0 ? 'phone' : 'other' }
    : { ...envelopeOf('message.received', origin), ...fields }
}
