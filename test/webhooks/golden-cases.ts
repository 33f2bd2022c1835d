// What happened, for each golden body: messages as WhatsApp's own protobuf, receipts as stanzas, the rest as events; and which bodies follow.
import { proto } from '@whiskeysockets/baileys'
import type { Event, EventOf, EventType } from '../../src/events/event.ts'
import { convertMessage } from '../../src/producers/convert-message.ts'
import { convertReceipt } from '../../src/producers/convert-receipt.ts'
import type { Offer } from '../../src/producers/draft.ts'
import { readStanza } from '../../src/producers/stanza-identity.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../events.ts'

/** `bodies`: names of the files in golden/ that an endpoint gets, in order. */
export type GoldenCase = {
  title: string
  events: readonly Event[]
  /** Seconds that an endpoint waits for a file. */
  holdMedia: number
  eventTypes: readonly string[]
  bodies: readonly string[]
}

const own = { pn: us.pn, lid: us.lid }
const saidAt = String(testStartAt / 1000)
const direct = { id: '3EB0A1', from: somebody.lid, sender_pn: somebody.pn, notify: 'Ana', t: saidAt }
const inGroup = { id: '3EB0A1', from: aGroup, participant: somebody.lid, participant_pn: somebody.pn, notify: 'Ana', t: saidAt }
const byUs = { id: '3EB0A1', from: us.lid, recipient: somebody.lid, peer_recipient_pn: somebody.pn, notify: 'Shop', t: saidAt }
type Attrs = Readonly<Record<string, string>>

/** Its place in the log; ids that a reader tells apart. */
const placed = { eventId: 'e'.repeat(32), epoch: 3, sequence: 7, recordedAt: testStartAt + 5 }
const outcome = { ...placed, eventId: 'd'.repeat(32), occurredAt: testStartAt + 2000 }

function place(offer: Offer | undefined): Event {
  if (offer === undefined) throw new Error('the conversion offers nothing')
  const { chats: _, ...event } = { chats: [], ...offer }
  return { ...event, ...placed }
}

function said(message: proto.IMessage, attrs: Attrs = direct): Event {
  const stanza = readStanza({ tag: 'message', attrs: { ...attrs } }, { instanceId: 'shop', own })
  const plaintext = Buffer.concat([proto.Message.encode(message).finish(), Buffer.of(3, 3, 3)])
  const of = { stanza, part: 0, plaintext, isPadded: true, receivedAt: testStartAt + 5, aliases: [], ignores: () => false }
  return place(convertMessage(of)[0])
}

function receipt(attrs: Attrs): Event {
  const node = { tag: 'receipt', attrs: { ...attrs } }
  const stanza = readStanza(node, { instanceId: 'shop', own })
  return place(convertReceipt({ node, stanza, raw: Buffer.from('raw'), receivedAt: testStartAt + 5 }).drafts[0])
}

const told = <Type extends EventType>(type: Type, given: Partial<EventOf<Type>>): Event =>
  anEvent(type, { ...given, ...placed, occurredAt: testStartAt } as Partial<EventOf<Type>>)

const file = {
  url: 'https://mmg.whatsapp.net/secret-path',
  directPath: '/secret-path',
  mediaKey: Buffer.alloc(32, 1),
  fileEncSha256: Buffer.alloc(32, 2),
  fileSha256: Buffer.alloc(32, 0xaa),
  fileLength: 1234,
  jpegThumbnail: Buffer.from('secret preview'),
}
const mediaSource = { mediaKey: file.mediaKey, directPath: file.directPath, url: file.url }
const about = {
  instanceId: 'shop',
  chatId: somebody.lid,
  chatPn: somebody.pn,
  senderId: somebody.lid,
  senderPn: somebody.pn,
  messageId: '3EB0A1',
  fromMe: false,
  sourceEventId: placed.eventId,
  round: 1,
}
const bytes = { sizeBytes: 1234, sha256: 'aa'.repeat(32), sha256Matches: true }
const stored = (given: Partial<EventOf<'media.stored'>>): Event =>
  anEvent('media.stored', { ...about, ...bytes, key: 'shop/2026/01/05/e.bin', extension: 'bin', ...given, ...outcome })
const failed = (given: Partial<EventOf<'media.failed'>>): Event =>
  anEvent('media.failed', { ...about, stage: 'download', reason: 'gone', retryable: false, attempts: 3, ...given, ...outcome })

const one = (title: string, event: Event): GoldenCase => ({
  title,
  events: [event],
  holdMedia: 0,
  eventTypes: [event.type],
  bodies: [title],
})
/** A message whose file is waited for. */
const held = (title: string, message: proto.IMessage, then: Event): GoldenCase => ({
  title,
  events: [said(message), then],
  holdMedia: 900,
  eventTypes: ['message.*'],
  bodies: [title],
})
/** What became of a file, for an endpoint that asks for that alone. */
const itself = (title: string, event: Event): GoldenCase => ({ ...one(title, event), events: [said(photo), event] })

const photo = { imageMessage: { ...file, mimetype: 'image/jpeg', width: 640, height: 480, caption: 'com morangos' } }
const edited = { conversation: 'às nove' }
const { Type } = proto.Message.ProtocolMessage

const texts: readonly GoldenCase[] = [
  one('message.received text', said({ conversation: 'Bom dia! 👋 "é" </script>' })),
  one(
    'message.received text with context',
    said(
      {
        extendedTextMessage: {
          text: 'veja @100000000000002',
          contextInfo: {
            stanzaId: '3EB0A0',
            mentionedJid: ['100000000000002:4@lid'],
            isForwarded: true,
            expiration: 86_400,
          },
        },
      },
      inGroup,
    ),
  ),
  one('message.sent text', said({ conversation: 'já vai' }, byUs)),
  one(
    'message.received location',
    said({
      locationMessage: {
        degreesLatitude: -23.55,
        degreesLongitude: -46.633,
        name: 'Sé',
        address: 'Praça da Sé',
        url: 'https://maps.example/se',
        comment: 'aqui',
      },
    }),
  ),
  one(
    'message.received live-location',
    said({ liveLocationMessage: { degreesLatitude: 1.5, degreesLongitude: -2, caption: 'a caminho' } }),
  ),
  one(
    'message.received contacts',
    said({
      contactsArrayMessage: { contacts: [{ displayName: 'Bea', vcard: 'BEGIN:VCARD\nEND:VCARD' }, { vcard: 'BEGIN:VCARD' }] },
    }),
  ),
  one(
    'message.received poll',
    said({
      pollCreationMessageV3: {
        name: 'Almoço?',
        options: [{ optionName: 'sim' }, { optionName: 'não' }],
        selectableOptionsCount: 1,
      },
    }),
  ),
]

const files: readonly GoldenCase[] = [
  held(
    'message.received image',
    photo,
    stored({ kind: 'image', mimetype: 'image/png', width: 641, height: 481, thumbnailKey: 'shop/2026/01/05/e.png_thumb.jpg' }),
  ),
  held('message.received image failed', photo, failed({ kind: 'image', mimetype: 'image/jpeg' })),
  held(
    'message.received view-once video',
    {
      viewOnceMessageV2: { message: { videoMessage: { ...file, mimetype: 'video/mp4', seconds: 9, width: 1280, height: 720 } } },
    },
    stored({ kind: 'video', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received gif',
    { videoMessage: { ...file, mimetype: 'video/mp4', seconds: 2, gifPlayback: true } },
    stored({ kind: 'gif', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received ptv',
    { ptvMessage: { ...file, mimetype: 'video/mp4', seconds: 5 } },
    stored({ kind: 'ptv', mimetype: 'video/mp4' }),
  ),
  held(
    'message.received audio',
    { audioMessage: { ...file, mimetype: 'audio/mpeg', seconds: 61 } },
    stored({ kind: 'audio', mimetype: 'audio/mpeg' }),
  ),
  held(
    'message.received voice',
    { audioMessage: { ...file, mimetype: 'audio/ogg; codecs=opus', seconds: 3, ptt: true, waveform: Buffer.of(1, 2) } },
    stored({ kind: 'voice', mimetype: 'audio/ogg' }),
  ),
  held(
    'message.received document',
    {
      documentWithCaptionMessage: {
        message: {
          documentMessage: { ...file, mimetype: 'application/pdf', fileName: '../conta.pdf', pageCount: 2, caption: 'a conta' },
        },
      },
    },
    stored({ kind: 'document', mimetype: 'application/pdf' }),
  ),
  held(
    'message.received sticker',
    { stickerMessage: { ...file, mimetype: 'image/webp', width: 512, height: 512 } },
    stored({ kind: 'sticker', mimetype: 'image/webp' }),
  ),
  {
    title: 'a file that comes after its message',
    events: [said(photo), stored({ kind: 'image', mimetype: 'image/jpeg', width: 640, height: 480 })],
    holdMedia: 0,
    eventTypes: ['message.*', 'media.*'],
    bodies: ['message.received image pending', 'media.updated stored'],
  },
  {
    title: 'a file that fails after its message',
    events: [said(photo), failed({ kind: 'image', mimetype: 'image/jpeg', reason: 'timeout', retryable: true })],
    holdMedia: 0,
    eventTypes: ['message.*', 'media.*'],
    bodies: ['message.received image pending', 'media.updated failed'],
  },
  itself(
    'media.stored',
    stored({
      kind: 'image',
      mimetype: 'image/png',
      width: 641,
      height: 481,
      key: 'shop/2026/01/05/e.png',
      extension: 'png',
      thumbnailKey: 'shop/2026/01/05/e.png_thumb.jpg',
    }),
  ),
  itself('media.failed', failed({ kind: 'image', mimetype: 'image/jpeg', detail: 'answered 410', mediaSource })),
  itself('media.refreshed', anEvent('media.refreshed', { ...about, kind: 'image', mediaSource, ...outcome })),
  itself('media.expired', anEvent('media.expired', { ...about, kind: 'image', reason: 'retention', ...outcome })),
]

const changes: readonly GoldenCase[] = [
  one(
    'message.edited',
    said({ protocolMessage: { type: Type.MESSAGE_EDIT, key: { id: '3EB0A0', fromMe: true }, editedMessage: edited } }),
  ),
  one('message.revoked', said({ protocolMessage: { type: Type.REVOKE, key: { id: '3EB0A0', fromMe: true } } })),
  one(
    'message.revoked by an admin',
    said(
      {
        protocolMessage: {
          type: Type.REVOKE,
          key: { id: '3EB0A0', remoteJid: aGroup, fromMe: false, participant: somebodyElse.lid },
        },
      },
      { ...inGroup, edit: '8' },
    ),
  ),
  one('message.reacted', said({ reactionMessage: { key: { id: '3EB0A0' }, text: '👍🏽' } })),
  one('message.reacted removed', said({ reactionMessage: { key: { id: '3EB0A0' }, text: '' } })),
  one('message.receipt-updated', receipt({ id: '3EB0A0', from: somebody.lid, sender_pn: somebody.pn, t: saidAt, type: 'read' })),
  one('message.receipt-updated in a group', receipt({ id: '3EB0A0', from: aGroup, participant: somebody.lid, t: saidAt })),
  one(
    'message.undecryptable',
    told('message.undecryptable', {
      chatId: aGroup,
      chatPn: null,
      messageId: '3EB0A1',
      reason: 'no session',
      encryption: 'skmsg',
      senderName: 'Ana',
      isGroup: true,
      rawObject: { key: 'raw/secret', sizeBytes: 1, sha256: 'aa' },
    }),
  ),
]

const accounts: readonly GoldenCase[] = [
  one(
    'contact.updated',
    told('contact.updated', {
      contactId: somebody.lid,
      contactPn: somebody.pn,
      contactLid: somebody.lid,
      name: 'Ana Souza',
      pushName: 'Ana',
    }),
  ),
  one(
    'group.updated',
    told('group.updated', {
      chatId: aGroup,
      chatPn: null,
      senderId: somebody.lid,
      senderPn: somebody.pn,
      messageId: '3EB0A1',
      fromMe: false,
      groupId: aGroup,
      subject: 'Turma de 2026',
      raw: Buffer.from('raw'),
    }),
  ),
  one(
    'instance.created',
    told('instance.created', { name: 'Shop', settings: { ignoreGroups: true, markOnline: false, historySync: null } }),
  ),
  one('instance.settings-changed', told('instance.settings-changed', { name: 'Loja', settings: {} })),
  one(
    'instance.state-changed',
    told('instance.state-changed', {
      state: 'closed',
      reason: 'replaced',
      reasonText: 'another session took over',
      phone: '5511900000099',
      lid: us.lid,
    }),
  ),
  one('instance.paired', told('instance.paired', { phone: '5511900000099', lid: us.lid, platform: 'android', name: 'Shop' })),
  one('instance.logged-out', told('instance.logged-out', { reason: 'requested' })),
  one('instance.deleted', told('instance.deleted', { purged: true })),
  one('unknown', said({ commentMessage: { message: { conversation: 'um segredo' } } })),
]

export const goldenCases: readonly GoldenCase[] = [...texts, ...files, ...changes, ...accounts]
