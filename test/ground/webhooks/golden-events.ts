// What the golden cases are made of: messages as WhatsApp's own protobuf, receipts as stanzas, the rest as events.
import { proto } from '@whiskeysockets/baileys'
import { convertMessage } from '../../../src/convert/convert-message.ts'
import { convertReceipt } from '../../../src/convert/convert-receipt.ts'
import type { Offer } from '../../../src/convert/draft.ts'
import { readMessage } from '../../../src/convert/read-message.ts'
import type { MessageSecret } from '../../../src/convert/sealed/message-secret.ts'
import { readStanza } from '../../../src/convert/stanza-identity.ts'
import type { Event, EventOf, EventType } from '../../../src/events/event.ts'
import { aGroup, anEvent, somebody, testStartAt, us } from '../events.ts'

/** `bodies`: names of the files in golden/ that an endpoint gets, in order. */
export type GoldenCase = {
  title: string
  events: readonly Event[]
  /** Seconds that an endpoint waits for a file. */
  holdMedia: number
  eventTypes: readonly string[]
  /** [false] */
  snapshots?: boolean
  bodies: readonly string[]
}

const own = { pn: us.pn, lid: us.lid }
export const saidAt = String(testStartAt / 1000)
const direct = { id: '3EB0A1', from: somebody.lid, sender_pn: somebody.pn, notify: 'Ana', t: saidAt }
export const inGroup = {
  id: '3EB0A1',
  from: aGroup,
  participant: somebody.lid,
  participant_pn: somebody.pn,
  notify: 'Ana',
  t: saidAt,
}
export const byUs = {
  id: '3EB0A1',
  from: us.lid,
  recipient: somebody.lid,
  peer_recipient_pn: somebody.pn,
  notify: 'Shop',
  t: saidAt,
}
type Attrs = Readonly<Record<string, string>>

/** Its place in the log; ids that a reader tells apart. */
const place = { eventId: 'e'.repeat(32), epoch: 3, sequence: 7, recordedAt: testStartAt + 5 }
export const outcome = { ...place, eventId: 'd'.repeat(32), occurredAt: testStartAt + 2000 }

export function placed(offer: Offer | undefined): Event {
  if (offer === undefined) throw new Error('the conversion offers nothing')
  const { chats: _, ...event } = { chats: [], ...offer }
  return { ...event, ...place }
}

/** `known`: what opens it, where it is sealed. */
export function said(message: proto.IMessage, attrs: Attrs = direct, known: readonly MessageSecret[] = []): Event {
  const stanza = readStanza({ tag: 'message', attrs: { ...attrs } }, { instanceId: 'shop', own })
  const plaintext = Buffer.concat([proto.Message.encode(message).finish(), Buffer.of(3, 3, 3)])
  const of = {
    stanza,
    part: 0,
    plaintext,
    isPadded: true,
    receivedAt: testStartAt + 5,
    aliases: [],
    ownId: null,
    ignores: () => false,
  }
  return placed(convertMessage(of, readMessage(of), () => known)[0])
}

export function receipt(attrs: Attrs): Event {
  const node = { tag: 'receipt', attrs: { ...attrs } }
  const stanza = readStanza(node, { instanceId: 'shop', own })
  return placed(convertReceipt({ node, stanza, raw: Buffer.from('raw'), receivedAt: testStartAt + 5 }).drafts[0])
}

export const told = <Type extends EventType>(type: Type, given: Partial<EventOf<Type>>): Event =>
  anEvent(type, { ...given, ...place, occurredAt: testStartAt } as Partial<EventOf<Type>>)

export const file = {
  url: 'https://mmg.whatsapp.net/secret-path',
  directPath: '/secret-path',
  mediaKey: Buffer.alloc(32, 1),
  fileEncSha256: Buffer.alloc(32, 2),
  fileSha256: Buffer.alloc(32, 0xaa),
  fileLength: 1234,
  jpegThumbnail: Buffer.from('secret preview'),
}
export const mediaSource = { mediaKey: file.mediaKey, directPath: file.directPath, url: file.url }
export const about = {
  instanceId: 'shop',
  chatId: somebody.lid,
  chatPn: somebody.pn,
  senderId: somebody.lid,
  senderPn: somebody.pn,
  messageId: '3EB0A1',
  fromMe: false,
  sourceEventId: place.eventId,
  round: 1,
}
const bytes = { sizeBytes: 1234, sha256: 'aa'.repeat(32), sha256Matches: true }
export const stored = (given: Partial<EventOf<'media.stored'>>): Event =>
  anEvent('media.stored', { ...about, ...bytes, key: 'shop/2026/01/05/e.bin', extension: 'bin', ...given, ...outcome })
export const failed = (given: Partial<EventOf<'media.failed'>>): Event =>
  anEvent('media.failed', { ...about, stage: 'download', reason: 'gone', retryable: false, attempts: 3, ...given, ...outcome })

export const one = (title: string, event: Event): GoldenCase => ({
  title,
  events: [event],
  holdMedia: 0,
  eventTypes: [event.type],
  bodies: [title],
})
/** A message whose file is waited for. */
export const held = (title: string, message: proto.IMessage, then: Event): GoldenCase => ({
  title,
  events: [said(message), then],
  holdMedia: 900,
  eventTypes: ['message.*'],
  bodies: [title],
})
/** What became of a file, for an endpoint that asks for that alone. */
export const itself = (title: string, event: Event): GoldenCase => ({ ...one(title, event), events: [said(photo), event] })

export const photo = { imageMessage: { ...file, mimetype: 'image/jpeg', width: 640, height: 480, caption: 'com morangos' } }
export const edited = { conversation: 'às nove' }
export const { Type } = proto.Message.ProtocolMessage
