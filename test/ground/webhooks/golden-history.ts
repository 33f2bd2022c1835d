// The golden cases of history: messages with all that the phone says of them, and how far it is.
import type { EventOf } from '../../../src/events/event.ts'
import { aGroup, somebody, somebodyElse, testStartAt, us } from '../events.ts'
import { type GoldenCase, one, told } from './golden-events.ts'

const at = testStartAt + 2000
const notification = { sourceEventId: 'f'.repeat(32), origin: 'history' }
const past = (given: Partial<EventOf<'message.history'>>) =>
  told('message.history', { ...notification, messageId: '3EB0A1', text: null, ...given })
const sha256 = 'aa'.repeat(32)
const secret = { mediaKey: Buffer.alloc(32, 1), directPath: '/secret-path' }
const byOther = { senderId: somebodyElse.lid, senderPn: null, fromMe: false }

export const history: readonly GoldenCase[] = [
  one(
    'message.history',
    past({
      ...{ senderName: 'Ana', text: 'bom dia', ordinal: 3, order: 1200, starred: true, raw: Buffer.from('raw') },
      ...{ pinned: true, pinnedUntil: testStartAt + 7 * 86_400_000 },
      reactions: [
        { senderId: us.lid, senderPn: us.pn, fromMe: true, emoji: '👍', at },
        { senderId: somebody.lid, senderPn: null, fromMe: false, emoji: '🎉', at: null },
      ],
    }),
  ),
  one(
    'message.history image',
    past({
      ...{ senderId: us.lid, senderPn: us.pn, fromMe: true, kind: 'image', text: 'com morangos', syncType: 'full' },
      media: { mimetype: 'image/jpeg', sizeBytes: 1234, sha256, width: 640, height: 480 },
      mediaSource: secret,
      status: 'read',
      revokedAt: at,
      receipts: [{ participantId: somebody.lid, participantPn: somebody.pn, status: 'read', at }],
    }),
  ),
  one(
    'message.history of others',
    past({
      ...{ chatId: aGroup, chatPn: null, isGroup: true, senderName: 'Ana', kind: 'poll', ordinal: 1, syncType: 'on-demand' },
      poll: { name: 'Almoço?', options: ['sim', 'não'], selectableCount: 1 },
      votes: [{ ...byOther, options: ['sim'], unknownHashes: [], at }],
      answers: [{ ...byOther, answer: 'going', extraGuests: 1, at: null }],
      undecryptable: 'absent',
    }),
  ),
  one(
    'history.progressed',
    told('history.progressed', {
      ...{ ...notification, syncType: 'full', state: 'failed', chunk: 2, percent: 40, done: 900, total: 1000, people: 12 },
      ...{ unreadable: 3, reason: 'gone', detail: 'WhatsApp has the file no more' },
    }),
  ),
]
