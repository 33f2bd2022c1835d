// What the phone tells of what was before this device was linked: on a topic of its own, so that it never stands among what happens.
import { type EventShape, field, list, optional, personal, record } from '../schema-fields.ts'
import { messageFields } from './messages.ts'

const person = {
  senderId: field('string', 'Who it is, without device: the LID where known, else the phone-number JID.'),
  senderPn: optional('string', 'Phone-number JID; null: not known.'),
  fromMe: field('boolean', 'Whether it is the account itself.'),
}
const at = optional('instant', 'When, by the phone; null: not said.')

const reaction = record('HistoryReaction', 'A reaction that the message has.', {
  ...person,
  emoji: field('string', 'The reaction, mostly one emoji.'),
  at,
})
const vote = record('HistoryVote', 'Somebody’s whole choice in the poll.', {
  ...person,
  options: list('string', 'The names of the options chosen; empty: withdrawn, or none of them is known by name.'),
  unknownHashes: list('string', 'SHA-256, lower-case hex, of chosen options whose name is not known here.'),
  at,
})
const answer = record('HistoryAnswer', 'Somebody’s answer to the event.', {
  ...person,
  answer: field('string', 'going, not-going, maybe, unknown; consumers must accept new ones.'),
  extraGuests: optional('int', 'How many more the person brings; null: not said.'),
  at,
})
const receipt = record('HistoryReceipt', 'How far the message got with somebody.', {
  participantId: field('string', 'Who it is, without device: the LID where known, else the phone-number JID.'),
  participantPn: optional('string', 'Phone-number JID; null: not known.'),
  status: field('string', 'delivered, read, played; consumers must accept new ones.'),
  at,
})
const many = (type: Parameters<typeof list>[0], doc: string) => personal({ type: { optional: { array: type } }, doc })

const syncType = field(
  'string',
  'Which part of the phone’s history: initial-bootstrap, recent, full, push-name, non-blocking-data, on-demand, initial-status; consumers must accept new ones.',
)
const sourceEventId = field('string', 'eventId of the phone’s notification, which is unknown in the topic of events.')
const origin = optional('string', 'Always history.')

export const historyEvents: readonly EventShape[] = [
  {
    type: 'message.history',
    doc: 'A message from before this device was linked, with all that the phone says of it. On a topic of its own, with the epoch and sequence of the notification that told of it.',
    when: 'The phone shared its history, and the instance’s historySync is on.',
    again:
      'A copy under the same eventId where two parts of the history have the same message, or after a death at the wrong moment; the first one counts.',
    not: 'What this device received itself, which is message.received and message.sent, also where the phone tells of it again under another eventId: messageId is the same. What tells of another message, or is sealed with a secret that is not known, which is counted.',
    fields: {
      ...messageFields,
      source: optional('string', 'Always null: the phone does not say on which device the account wrote.'),
      ordinal: field('long', 'Its place among the messages of the notification, from 0.'),
      order: optional('long', 'The phone’s own number of it in its chat; greater is later. null: not said.'),
      status: optional(
        'string',
        'Of what the account wrote, how far it got: server, delivered, read, played, error; null: not said.',
      ),
      starred: optional('boolean', 'true: the account starred it; null: not said.'),
      revokedAt: optional('instant', 'When it was deleted for everyone, or, where that is not said, was sent; null: it was not.'),
      pinned: optional('boolean', 'true: it is pinned in its chat; null: not said.'),
      pinnedUntil: optional('instant', 'Until when it is pinned; null: not said.'),
      reactions: many(reaction, 'The reactions that it has; null: none is said.'),
      votes: many(vote, 'Of a poll, the choice of each voter; null: none is said.'),
      answers: many(answer, 'Of an event, the answer of each person; null: none is said.'),
      receipts: many(receipt, 'How far it got with each person; null: none is said.'),
      undecryptable: optional(
        'string',
        'Why the phone itself has no content of it: ciphertext, futureproof, payment-ciphertext, payment-futureproof, oversized, no-content; consumers must accept new ones. null: it has.',
      ),
      syncType,
      sourceEventId,
      origin,
    },
  },
  {
    type: 'history.progressed',
    doc: 'How far a part of the phone’s history is: begun, at work, done, or given up.',
    when: 'A notification of history is taken up, every few seconds while it is worked off, and at its end.',
    again: 'A copy under the same eventId after a death at the wrong moment.',
    not: 'What the phone has not shared yet, of which it tells nothing.',
    fields: {
      syncType,
      sourceEventId,
      state: field('string', 'started, progressed, completed, failed; consumers must accept new ones.'),
      chunk: optional('int', 'Which chunk of its syncType the phone says it is, from 1; null: not said.'),
      percent: optional(
        'int',
        'How much of its history the phone says that it has shared with this chunk, 0 to 100; null: not said.',
      ),
      done: field('long', 'Messages of this chunk that are in the log, or were left out by the settings.'),
      total: optional('long', 'Messages in this chunk; null: not known yet.'),
      people: field('long', 'Records of people and chats in this chunk of which something was told.'),
      unreadable: field('long', 'Entries of this chunk that could not be read, and were passed over.'),
      isWithoutMessages: field('boolean', 'true: historySync is off, and only names and addresses are taken.'),
      reason: optional('string', 'Why it failed: gone, corrupt, too-large, no-url …, as of media; null: it did not.'),
      detail: optional('string', 'The same for people; null: nothing more is known.'),
      origin,
    },
  },
]
