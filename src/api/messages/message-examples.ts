// What answers say of messages, files, chats and contacts, for the description of their calls.
import { ana, bruno, exampleAt, exampleEndAt, exampleIds, exampleNextDayAt } from '../../events/example-ids.ts'

const ids = {
  eventId: exampleIds.event,
  instanceId: exampleIds.instance,
  chatId: ana.id,
  chatPn: ana.pn,
  senderId: ana.id,
  messageId: exampleIds.received,
  fromMe: false,
  occurredAt: exampleAt,
}
const text = {
  ...{ ...ids, senderPn: ana.pn, sequence: 7, kind: 'text', senderName: ana.name, isGroup: false, text: 'Bom dia!' },
  ...{ parentMessageId: null, quotedMessageId: null, mentions: null, forwarded: null, viewOnce: null, expiresInSeconds: null },
  ...{ source: null, commandId: null, location: null, contacts: null, poll: null, interactive: null, undecryptable: null },
  ...{ editedAt: null, revokedAt: null, history: false, reactions: [{ senderId: bruno.id, emoji: '👍' }], status: null },
  ...{ receipts: [], starred: false, pinned: false, pinnedUntil: null, deletedAt: null, votes: null, results: null },
  ...{ answers: null, media: null, changedByEvent: exampleIds.event },
}
const link = `https://zaplog.example/m/${exampleIds.event}`
const file = {
  ...{ status: 'stored', reason: null, stage: null, retryable: null, detail: null, round: 1 },
  ...{ url: `${link}?sig=…`, thumbnailUrl: `${link}/thumbnail?sig=…`, mimetype: 'image/jpeg', sizeBytes: 48_213 },
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ...{ fileName: null, width: 1280, height: 960, durationSeconds: null, pages: null },
}
const vote = { senderId: ana.id, senderPn: ana.pn, options: ['Cenoura'], unknownHashes: [], at: exampleEndAt }
const ofPoll = {
  poll: { name: 'Que sabor?', options: ['Morango', 'Cenoura'], selectableCount: 1 },
  votes: [vote],
  results: [
    { option: 'Morango', votes: 0 },
    { option: 'Cenoura', votes: 1 },
  ],
}

export const messageExamples = [
  text,
  { ...text, kind: 'image', text: 'Com morangos', media: file },
  {
    ...{ ...text, kind: 'poll', text: null, fromMe: true, senderId: null, senderPn: null, senderName: null },
    ...{ messageId: exampleIds.sent, source: 'api', commandId: exampleIds.command, reactions: [], status: 'read' },
    ...{ receipts: [{ participantId: ana.id, status: 'read', at: exampleEndAt }], ...ofPoll },
  },
]
export const mediaExample = { ...ids, kind: 'image', ...file }

export const chatExample = {
  ...{ instanceId: exampleIds.instance, chatId: ana.id, chatPn: ana.pn, isGroup: false, name: ana.name, labels: ['1'] },
  ...{ lastMessageAt: exampleAt, archived: false, muted: true, mutedUntil: exampleNextDayAt, pinned: true, unread: false },
  ...{ locked: false, expiresInSeconds: 0, deletedAt: null },
  lastMessage: {
    ...{ eventId: exampleIds.event, messageId: exampleIds.received, kind: 'text', text: 'Bom dia!', fromMe: false },
    revoked: false,
  },
}

export const contactExample = {
  ...{ instanceId: exampleIds.instance, contactId: ana.id, contactPn: ana.pn, contactLid: ana.id, name: ana.name },
  ...{ pushName: 'Ana', blocked: false, updatedAt: exampleAt },
  presence: { state: 'unavailable', lastSeenAt: exampleAt, at: exampleEndAt },
}
