// The table messages: its columns in the order of answers, from the events that say them to the API that shows them.
import type { Envelope, EventOf } from '../../events/event.ts'
import { kinds, wordsOf } from '../../events/vocabulary.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type AnswerOf, type Column, type Columns, flag, instant, integer, json, text } from './columns.ts'
import { canonicalAddress, phoneAddress } from './shown-addresses.ts'
import type { MessageEvent } from './sort-events.ts'

/** Events of other kinds name a message by the id that WhatsApp gave it. */
export const messageIdOf = (event: MessageEvent): string => event.messageId ?? event.eventId

/** Between two it is the other who wrote what we did not. */
export const senderOf = (event: Pick<MessageEvent, 'senderId' | 'fromMe' | 'isGroup' | 'chatId'>): string | null =>
  event.senderId ?? (event.fromMe === true || event.isGroup ? null : (event.chatId ?? null))

/** Also what a file is listed by. */
export const originColumns = {
  eventId: { is: 'text' },
  instanceId: { is: 'text' },
  chatId: { ...text, select: canonicalAddress('m.instance_id', 'm.chat_id') },
  chatPn: { ...text, select: `coalesce(m.chat_pn, ${phoneAddress('m.instance_id', 'm.chat_id')})` },
  senderId: { ...text, from: senderOf, select: canonicalAddress('m.instance_id', 'm.sender_id') },
  messageId: { is: 'text', from: messageIdOf },
  fromMe: { is: 'flag', from: event => event.fromMe ?? event.type === 'message.sent' },
  kind: {
    is: 'text',
    from: event => (event.type === 'message.undecryptable' ? 'unknown' : event.kind),
    doc: wordsOf(kinds),
  },
  occurredAt: { is: 'instant', from: event => isoInstant(event.occurredAt) },
} satisfies Columns<MessageEvent>

/** All that a message says of itself: a field of its schema that has no column does not compile. */
const saidColumns = {
  senderName: text,
  isGroup: { is: 'flag' },
  text: { ...text, doc: 'The text, or what was written beside a file or a location, as last edited; null: nothing.' },
  parentMessageId: text,
  quotedMessageId: text,
  mentions: { is: 'texts', nullable: true },
  forwarded: flag,
  viewOnce: flag,
  expiresInSeconds: integer,
  source: text,
  commandId: text,
  location: json,
  contacts: json,
  poll: json,
  interactive: text,
} satisfies Record<Said, Column<MessageEvent>>
/** `mediaSource` holds keys, and stays in the log. */
type Said = Exclude<keyof EventOf<'message.received'>, keyof Envelope | 'type' | 'kind' | 'media' | 'mediaSource'>

const reasonOf = (event: MessageEvent): string | null | undefined =>
  event.type === 'message.undecryptable' ? event.reason : event.type === 'message.history' ? event.undecryptable : null

/** Those that answers show and rows have. */
const shownColumns = {
  ...originColumns,
  senderPn: { ...text, select: `coalesce(m.sender_pn, ${phoneAddress('m.instance_id', 'm.sender_id')})` },
  sequence: { is: 'bigint' },
  ...saidColumns,
  undecryptable: {
    ...text,
    from: reasonOf,
    doc: 'Why it could not be read; a good copy takes its place. null: it could.',
  },
  // Null at first: settle-messages.ts writes them.
  editedAt: { ...instant, from: () => null, doc: 'When its sender edited it last; null: never.' },
  revokedAt: { ...instant, from: () => null, doc: 'When it was deleted for everyone; null: it was not.' },
  changedByEvent: { is: 'text', from: event => event.eventId, doc: 'eventId of what gave the message its present form.' },
} satisfies Columns<MessageEvent>

/** Those that answers show. */
export const messageColumns = {
  ...shownColumns,
  history: {
    is: 'flag',
    select: 'm.from_history',
    doc: 'Whether it is from before this device was linked, as the phone told it; what this device received itself takes its place.',
  },
} satisfies Columns<MessageEvent>

/** What was done to it besides, which mark-messages.ts writes; whether a pin is over says the clock of the database. */
export const markColumns = {
  starred: { is: 'flag', select: 'coalesce(m.starred, false)', doc: 'Whether the account starred it.' },
  pinned: { is: 'flag', select: 'coalesce(m.pinned_until > now(), false)', doc: 'Whether it is pinned in its chat now.' },
  pinnedUntil: {
    ...instant,
    select: `case when m.pinned_until > now() then nullif(m.pinned_until, 'infinity') end`,
    doc: 'Until when it is pinned; null: it is not, or no end was said.',
  },
  deletedAt: {
    ...instant,
    doc: 'When the account deleted it for itself alone, as far as is known; it can be read all the same. null: it did not.',
  },
} satisfies Columns

/** All of them. */
export const messageTable: Columns<MessageEvent> = {
  ...shownColumns,
  fromHistory: { is: 'flag', from: event => event.type === 'message.history' },
  // What comes by itself is alone in its place of the log.
  ordinal: { is: 'bigint', from: event => (event.type === 'message.history' ? event.ordinal : 0) },
  messageOrder: { is: 'bigint', nullable: true, from: event => (event.type === 'message.history' ? event.order : null) },
  epoch: { is: 'bigint' },
  media: json,
}

/** What others say of a message, each by one person. */
export const reactionColumns = {
  senderId: { is: 'text', doc: 'Who reacted.' },
  emoji: { is: 'text', doc: 'The last reaction; who took it back is left out.' },
} satisfies Columns
export const receiptColumns = {
  participantId: {
    is: 'text',
    doc: 'Who got, read or played it; empty: WhatsApp’s server, or, of what the account wrote in a group, anybody, as history tells it.',
  },
  status: { is: 'text', doc: 'The furthest: server, delivered, read, played, error.' },
  at: { is: 'instant', select: 'occurred_at', doc: 'When that was first said.' },
} satisfies Columns

/** `select`s name what votes-of-message.ts makes of a row, `said`. */
const saidBy = {
  senderId: { is: 'text', select: 'said.canonical' },
  senderPn: { ...text, select: phoneAddress('m.instance_id', 'said.canonical') },
} satisfies Columns
const saidAt = { at: { is: 'instant', select: 'said.occurred_at' } } satisfies Columns
export const voteColumns = {
  ...saidBy,
  options: { is: 'texts', doc: 'The whole choice: names of options, at most 256.' },
  unknownHashes: { is: 'texts', doc: 'SHA-256, lower-case hex, of chosen options whose name is not known, at most 256.' },
  ...saidAt,
} satisfies Columns
export const answerColumns = {
  ...saidBy,
  answer: { is: 'text', doc: 'going, not-going, maybe, unknown; clients must accept new ones.' },
  extraGuests: { ...integer, doc: 'How many others come along; null: not said.' },
  ...saidAt,
} satisfies Columns

export type Vote = AnswerOf<typeof voteColumns>
export type EventAnswer = AnswerOf<typeof answerColumns>
export type Reaction = AnswerOf<typeof reactionColumns>
export type Receipt = AnswerOf<typeof receiptColumns>
