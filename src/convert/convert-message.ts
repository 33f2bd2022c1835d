// One decrypted part of a message stanza, as events: pure, and lossless, because what is not converted is `unknown` with its bytes.
import { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from './authority.ts'
import { withoutIgnored } from './carried-messages.ts'
import { convertKind } from './convert-kind.ts'
import { convertProtocolMessage } from './convert-protocol-message.ts'
import { type Ignores, type Offer, unknownDraft } from './draft.ts'
import type { Body } from './kinds/body.ts'
import { unpad } from './message-content.ts'
import { messageDraft } from './message-draft.ts'
import { firstFieldOf } from './message-fields.ts'
import { newerText } from './newer-content.ts'
import { type MessagePart, type Read, readMessage } from './read-message.ts'
import type { Recovered } from './recovered-messages.ts'
import type { MessageSecret } from './sealed/message-secret.ts'
import { type Content, convertSealed } from './sealed/sealed.ts'
import type { Address, Stanza } from './stanza-identity.ts'
import { type Unwrapped, unwrapMessage } from './unwrap-message.ts'

/** What is known under the id of the message that this one is about (target-of.ts). */
export type KnownSecrets = (one: Recovered) => readonly MessageSecret[]

/** Empty: the stanza part only distributes keys. Never throws: what cannot be read is `unknown`. `read`: what is in it. */
export function convertMessage(of: MessagePart, read: Read = readMessage(of), known: KnownSecrets = () => []): readonly Offer[] {
  try {
    if (read.refusal !== null) throw read.refusal
    return read.messages.map(one => convertRead(one, of.ignores, known(one)))
  } catch (error) {
    return [unknownDraft(read.origin, `message: unreadable, ${error instanceof Error ? error.name : 'Error'}`)]
  }
}

/** The same message as Baileys would hand out, for whoever processes its sender keys. */
export function decodeMessage(padded: Uint8Array): proto.IMessage {
  const message = proto.Message.decode(unpad(padded))
  return message.deviceSentMessage?.message ?? message
}

/** One message that was read. What was left out of its bytes shows in its name. Throws on bytes that are no protobuf. */
export function convertRead({ message, origin: whole }: Recovered, ignores: Ignores, known: readonly MessageSecret[]): Offer {
  const { raw, chats, isCut } = withoutIgnored(message, whole.raw, ignores)
  const origin = { ...whole, raw }
  const authors = known.map(({ author }) => author)
  const convert = (content: Content, parentMessageId: string | null = null) =>
    convertContent({ ...content, parentMessageId, authors }, origin)
  const offer = convertSealed({ message, origin }, { known, convert }) ?? convert({ message, bytes: whole.raw })
  if (offer.type !== 'unknown') return offer
  return { ...offer, name: isCut ? `${offer.name}, less what is ignored` : offer.name, chats: [...offer.chats, ...chats] }
}

/** `parentMessageId`: of what was sealed, the message that it belongs to; `authors`: of what is known of the one that it is about. */
type About = { parentMessageId: string | null; authors: readonly Address[] }

/** Throws on bytes that are no protobuf. */
function convertContent({ message, bytes, parentMessageId, authors }: Content & About, origin: MessageOrigin): Offer {
  const unwrapped = { ...unwrapMessage(message), ...(parentMessageId !== null && { parentMessageId }) }
  const { content } = unwrapped
  const change = convertProtocolMessage(unwrapped, authors, origin)
  if (change !== null) return change
  const body = origin.stanza.isPeer ? null : (convertKind(content) ?? newerBody(unwrapped, bytes, origin.stanza))
  if (body !== null) return messageDraft(body, unwrapped, origin)
  return unknownDraft(origin, `message: ${firstFieldOf(content) ?? 'a kind newer than this version'}`)
}

/** What people write in a kind that is newer than this version; what the server calls a change of another message is none. */
function newerBody({ content, path }: Unwrapped, bytes: Uint8Array, { edit }: Stanza): Body | null {
  if (firstFieldOf(content) !== null || edit !== null) return null
  const text = newerText(bytes, path)
  return text === undefined ? null : { kind: 'unknown', text, context: null }
}
