// Sends the message a control request describes, with a sample file where a media kind comes without bytes.
import { extractMessageContent, getContentType, type proto } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../accounts/accounts.ts'
import {
  comment,
  edit,
  inAlbum,
  type MessageContent,
  pin,
  reaction,
  reply,
  revoke,
  type Target,
  text,
  unknownKind,
} from '../accounts/content.ts'
import type { SimDevice } from '../accounts/device.ts'
import { type SampleKind, sampleMessage, showsPicture } from '../accounts/sample-kinds.ts'
import { eventAnswer, poll, vote } from '../accounts/seal-content.ts'
import { GroupRefusal } from '../accounts/send-message.ts'
import type { Cdn } from '../media/cdn.ts'
import { audio, document, image, ptv, sticker, video, voice } from '../media/media.ts'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from '../media/sample-media.ts'
import type { Simulator } from '../simulator.ts'
import { namedGroup } from './named-group.ts'
import { conflict } from './problem.ts'
import type { MessageRequest } from './requests.ts'

/** directPath names the media on the CDN, for faults; null without media. */
export type SentMessage = { messageId: string; chat: string; from: string; directPath: string | null }

export async function sendRequested(simulator: Simulator, device: SimDevice, request: MessageRequest): Promise<SentMessage> {
  if (request.kind === 'withheld') return withhold(simulator, device, request)
  const { from, chat, content } = await writtenBy(simulator, device, request)
  const options = { ...request, ...(request.kind === 'revoke' && request.forged && { attrs: { edit: '7' } }) }
  const isOfGroup = 'members' in chat
  const sending =
    request.from === undefined
      ? device.sendFromPhone(chat, content, options)
      : isOfGroup
        ? device.sendGroup(chat, from, content, options)
        : device.send(from, content, options)
  const messageId = await (isOfGroup ? sending.catch(refused) : sending)
  return { messageId, chat: chatOf(chat), from: from.lidJid, directPath: directPathOf(content) }
}

const refused = (error: unknown): never => {
  throw error instanceof GroupRefusal ? conflict(error.message) : error
}

type Written = { from: Contact; chat: Contact | Group; content: MessageContent }

/** Throws for a placeholder: nothing of it is written. */
export async function writtenBy(simulator: Simulator, device: SimDevice, request: MessageRequest): Promise<Written> {
  if (request.kind === 'withheld') throw new Error('writing a message: expected what was written, received a placeholder')
  const { from, inGroup } = placeOf(simulator, device, request)
  const content = await contentOf(simulator.cdn, request, from, target => ({
    messageId: target.messageId,
    author: target.author ? simulator.contact(target.author) : from,
    ...(inGroup && { group: inGroup }),
  }))
  return { from, chat: inGroup ?? (request.to ? simulator.contact(request.to) : from), content }
}

function placeOf(simulator: Simulator, { owner }: SimDevice, request: MessageRequest) {
  const from = request.from ? simulator.contact(request.from) : owner
  return { from, inGroup: request.group ? namedGroup(simulator, request.group, { owner, writer: from }) : undefined }
}

type WithheldRequest = Extract<MessageRequest, { kind: 'withheld' }>

function withhold(simulator: Simulator, device: SimDevice, request: WithheldRequest): SentMessage {
  const { type, text: body } = request
  const { from, inGroup: group } = placeOf(simulator, device, request)
  const of = { from, type, options: request, ...(group && { group }), ...(body !== undefined && { content: text(body) }) }
  return { messageId: device.withhold(of), chat: chatOf(group ?? from), from: from.lidJid, directPath: null }
}

type Named = Extract<MessageRequest, { kind: 'revoke' }>['target']

async function contentOf(
  cdn: Cdn,
  request: Exclude<MessageRequest, { kind: 'withheld' }>,
  from: Contact,
  targetOf: (target: Named) => Target,
): Promise<MessageContent> {
  switch (request.kind) {
    case 'text':
      return text(request.text)
    case 'reply':
      return reply(request.text, targetOf(request.target), {})
    case 'reaction':
      return reaction(from, request.emoji, targetOf(request.target))
    case 'edit':
      return edit(from, request.text, targetOf(request.target))
    case 'revoke':
      return revoke(from, targetOf(request.target))
    case 'pin':
      return pin(from, request.on, targetOf(request.target))
    case 'comment':
      return comment(from, request.text, targetOf(request.target))
    case 'poll':
      return poll(request.name, request.options)
    case 'vote':
      return vote(from, request.options, targetOf(request.target))
    case 'event-answer':
      return eventAnswer(from, request.answer, targetOf(request.target))
    case 'unknown':
      return unknownKind()
    case 'image': {
      const content = await mediaOf(cdn, request)
      return request.album === undefined ? content : inAlbum(content, targetOf({ messageId: request.album }), from)
    }
    case 'video':
    case 'gif':
    case 'ptv':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return mediaOf(cdn, request)
    default:
      return sampleContent(cdn, request)
  }
}

async function sampleContent(cdn: Cdn, request: Extract<MessageRequest, { kind: SampleKind }>): Promise<MessageContent> {
  const { kind, text: said, target } = request
  const picture = showsPicture(kind) ? image(cdn, { bytes: await sampleJpeg() }).imageMessage : null
  return sampleMessage(kind, { text: said, targetMessageId: target?.messageId, picture: picture ?? undefined })
}

type MediaKind = 'image' | 'video' | 'gif' | 'ptv' | 'audio' | 'voice' | 'document' | 'sticker'

async function mediaOf(cdn: Cdn, request: Extract<MessageRequest, { kind: MediaKind }>): Promise<proto.IMessage> {
  const bytes = request.bytes === undefined ? await sampleOf(request) : Buffer.from(request.bytes, 'base64')
  const file = { ...request, bytes }
  switch (file.kind) {
    case 'image':
      return image(cdn, file)
    case 'video':
      return video(cdn, { seconds: 2, ...file })
    case 'gif':
      return video(cdn, { ...file, isGif: true })
    case 'ptv':
      return ptv(cdn, { seconds: 2, ...file })
    case 'audio':
      return audio(cdn, { seconds: 3, mimetype: 'audio/ogg; codecs=opus', ...file })
    case 'voice':
      return voice(cdn, { seconds: 3, ...file })
    case 'document':
      return document(cdn, { fileName: 'sample.pdf', ...file, pageCount: file.pages ?? 1 })
    case 'sticker':
      return sticker(cdn, file)
  }
}

function sampleOf(request: Extract<MessageRequest, { kind: MediaKind }>): Buffer | Promise<Buffer> {
  switch (request.kind) {
    case 'image':
      return sampleJpeg()
    case 'sticker':
      return sampleWebp()
    case 'video':
    case 'ptv':
      return sampleMp4({ seconds: request.seconds ?? 2 })
    case 'gif':
      return sampleMp4({ seconds: 1 })
    case 'audio':
    case 'voice':
      return sampleVoice({ seconds: request.seconds ?? 3 })
    case 'document':
      return samplePdf({ pages: request.pages ?? 1 })
  }
}

function chatOf(chat: Contact | Group): string {
  return 'members' in chat ? chat.id : chat.lidJid
}

function directPathOf(content: MessageContent): string | null {
  if ('protobuf' in content) return null
  const inner = extractMessageContent(content)
  const type = getContentType(inner)
  const part: unknown = type && inner?.[type]
  return typeof part === 'object' && part !== null && 'directPath' in part && typeof part.directPath === 'string'
    ? part.directPath
    : null
}
