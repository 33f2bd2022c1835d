// What comes out of chats, messages, contacts and media; names as in the events and in webhooks (docs/contract.md).
import { z } from 'zod'
import { kinds, mediaReasons, mediaStatuses } from '../../events/vocabulary.ts'
import { wordsOf } from '../words.ts'

const text = z.string().nullable()
const count = z.number().nullable()
const flag = z.boolean().nullable()

export const media = z.object({
  status: z.string().describe(wordsOf(mediaStatuses)),
  reason: text.describe(`why not, for programs (clients must accept new ones): ${wordsOf(mediaReasons)}`),
  stage: text.describe('download, store, send, policy'),
  retryable: flag,
  detail: text.describe('why not, for people'),
  round: z.number(),
  url: z.string().describe('stable; answers once the media is stored'),
  thumbnailUrl: text,
  mimetype: text,
  sizeBytes: count,
  sha256: text,
  fileName: text,
  width: count,
  height: count,
  durationSeconds: count,
  pages: count,
})

const origin = {
  eventId: z.string(),
  instanceId: z.string(),
  chatId: text.describe('LID where known, else phone-number JID'),
  chatPn: text,
  senderId: text,
  messageId: z.string(),
  fromMe: z.boolean(),
  kind: z.string().describe(wordsOf(kinds)),
  occurredAt: z.string(),
}

export const message = z.object({
  ...origin,
  senderPn: text,
  sequence: z.number(),
  senderName: text,
  isGroup: z.boolean(),
  text: text.describe('also the caption; as last edited'),
  quotedMessageId: text,
  mentions: z.array(z.string()).nullable(),
  forwarded: flag,
  viewOnce: flag,
  expiresInSeconds: count,
  source: text.describe('phone, api, other; fromMe only'),
  commandId: text,
  location: z.unknown(),
  contacts: z.unknown(),
  poll: z.unknown(),
  interactive: text,
  undecryptable: text.describe('why it could not be read; the good copy takes its place'),
  editedAt: text,
  revokedAt: text,
  reactions: z.array(z.object({ senderId: z.string(), emoji: z.string() })),
  status: text.describe('furthest receipt: server, delivered, read, played, error'),
  receipts: z.array(z.object({ participantId: z.string(), status: z.string(), at: z.string() })),
  media: media.nullable(),
  changedByEvent: z.string().describe('the event that gave the message its present form'),
})

export const mediaItem = media.extend(origin)

export const chat = z.object({
  instanceId: z.string(),
  chatId: z.string(),
  chatPn: text,
  isGroup: z.boolean(),
  name: text,
  lastMessageAt: z.string(),
  lastMessage: z
    .object({ eventId: z.string(), messageId: z.string(), kind: z.string(), text, fromMe: z.boolean(), revoked: z.boolean() })
    .nullable(),
})

export const contact = z.object({
  instanceId: z.string(),
  contactId: z.string(),
  contactPn: text,
  contactLid: text,
  name: text.describe('as in the phone’s address book'),
  pushName: text.describe('as the contact calls itself'),
  updatedAt: z.string(),
})
