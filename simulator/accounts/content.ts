// What a message says, as WhatsApp's protobuf: text, replies, reactions, edits, revokes, kinds nobody knows yet. Media are in media.ts.
import { proto } from '@whiskeysockets/baileys'
import type { Contact, Group } from './accounts.ts'

/** A message, or the bytes of one with fields our protobuf does not know. */
export type MessageContent = proto.IMessage | { readonly protobuf: Uint8Array }
/** A message already sent, as a reply, reaction, edit or revoke names it. */
export type Target = { messageId: string; author: Contact; group?: Group }

const { ProtocolMessage } = proto.Message

export function text(body: string): proto.IMessage {
  return { conversation: body }
}

export function reply(body: string, target: Target, quoted: proto.IMessage): proto.IMessage {
  const contextInfo = { stanzaId: target.messageId, participant: target.author.lidJid, quotedMessage: quoted }
  return { extendedTextMessage: { text: body, contextInfo } }
}

/** An empty emoji takes the reaction away. */
export function reaction(by: Contact, emoji: string, target: Target): proto.IMessage {
  return { reactionMessage: { key: keyFor(by, target), text: emoji, senderTimestampMs: Date.now() } }
}

export function edit(by: Contact, newBody: string, target: Target): proto.IMessage {
  return {
    protocolMessage: {
      key: keyFor(by, target),
      type: ProtocolMessage.Type.MESSAGE_EDIT,
      editedMessage: { conversation: newBody },
      timestampMs: Date.now(),
    },
  }
}

export function revoke(by: Contact, target: Target): proto.IMessage {
  return { protocolMessage: { key: keyFor(by, target), type: ProtocolMessage.Type.REVOKE } }
}

/** Pins a message for everyone in its chat, for a week, or unpins it. */
export function pin(by: Contact, on: boolean, target: Target): proto.IMessage {
  const { PIN_FOR_ALL, UNPIN_FOR_ALL } = proto.Message.PinInChatMessage.Type
  return {
    pinInChatMessage: { key: keyFor(by, target), type: on ? PIN_FOR_ALL : UNPIN_FOR_ALL, senderTimestampMs: Date.now() },
    messageContextInfo: { messageAddOnDurationInSecs: on ? 7 * 24 * 60 * 60 : 0 },
  }
}

/** What somebody says below a post. */
export function comment(by: Contact, body: string, target: Target): proto.IMessage {
  return { commentMessage: { message: { conversation: body }, targetMessageKey: keyFor(by, target) } }
}

/** As a part of an album, whose marker went ahead. */
export function inAlbum(content: proto.IMessage, album: Target, by: Contact): proto.IMessage {
  const associationType = proto.MessageAssociation.AssociationType.MEDIA_ALBUM
  const messageAssociation = { associationType, parentMessageKey: keyFor(by, album) }
  return { ...content, messageContextInfo: { ...content.messageContextInfo, messageAssociation } }
}

/** A message kind of the future: one protobuf field with a number nobody has given out. */
export function unknownKind(body = 'from the future'): MessageContent {
  return { protobuf: lengthDelimited(5000, Buffer.from(body)) }
}

/** Keys are written from the sender's point of view: in a chat, fromMe is the sender's own message. */
export function keyFor(by: Contact, { messageId, author, group }: Target): proto.IMessageKey {
  const fromMe = by.pn === author.pn
  if (group) return { id: messageId, fromMe, remoteJid: group.id, participant: author.lidJid }
  return { id: messageId, fromMe, remoteJid: author.lidJid }
}

export function encodeContent(content: MessageContent): Uint8Array {
  return 'protobuf' in content ? content.protobuf : proto.Message.encode(content).finish()
}

/** Message.deviceSentMessage is field 31, in it destinationJid 1 and message 2; written by hand so that unknown fields survive. */
export function encodeDeviceSent(destinationJid: string, content: MessageContent): Uint8Array {
  return lengthDelimited(
    31,
    Buffer.concat([lengthDelimited(1, Buffer.from(destinationJid)), lengthDelimited(2, encodeContent(content))]),
  )
}

/** A field of a protobuf message, by hand. */
export function lengthDelimited(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const digits: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128)
  return Buffer.from([...digits, rest])
}

/** What the server sees of an encrypted message: its type, the kind of media, and whether it changes an earlier one. */
export function stanzaAttrs(content: MessageContent): { type: string; edit?: string; mediaType?: string } {
  if ('protobuf' in content) return { type: 'text' }
  if (content.reactionMessage) return { type: 'reaction' }
  if (content.pinInChatMessage) return { type: 'text', edit: '2' }
  if (content.encReactionMessage) return { type: 'reaction' }
  if (content.pollCreationMessage || content.pollCreationMessageV3 || content.pollUpdateMessage) return { type: 'poll' }
  if (content.eventMessage || content.encEventResponseMessage) return { type: 'event' }
  if (content.secretEncryptedMessage) return { type: 'text', edit: '1' }
  if (content.protocolMessage?.type === ProtocolMessage.Type.MESSAGE_EDIT) return { type: 'text', edit: '1' }
  if (content.protocolMessage?.type === ProtocolMessage.Type.REVOKE)
    return { type: 'text', edit: isOwn(content.protocolMessage.key) ? '7' : '8' }
  const mediaType = mediaTypeOf(content)
  return mediaType === undefined ? { type: 'text' } : { type: 'media', mediaType }
}

/** In a group somebody else's message is named with its author: only an admin's client may say so. */
const isOwn = (key: proto.IMessageKey | null | undefined): boolean => key?.fromMe !== false || !key.participant

function mediaTypeOf(content: proto.IMessage): string | undefined {
  if (content.imageMessage) return 'image'
  if (content.videoMessage) return content.videoMessage.gifPlayback ? 'gif' : 'video'
  if (content.ptvMessage) return 'ptv'
  if (content.audioMessage) return content.audioMessage.ptt ? 'ptt' : 'audio'
  if (content.documentMessage || content.documentWithCaptionMessage) return 'document'
  if (content.stickerMessage) return 'sticker'
  return undefined
}
