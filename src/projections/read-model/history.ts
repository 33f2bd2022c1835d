// What history says: the same as would have been said by itself, so that it becomes the same rows. The phone made it before it told of it, so
// each word has a place before all that this device heard itself; among themselves they have that of the notification that told of them.
import type { Envelope, Event, EventOf } from '../../events/event.ts'
import { storableId, withStorableIds } from '../../events/storable-ids.ts'
import { isOfHistory } from '../../events/topics.ts'
import type { EventAnswer } from './event-answers.ts'
import type { Receipt } from './receipts.ts'
import type { HistoryEvent, SortedEvents } from './sort-events.ts'

/** What history says of the past comes behind what this device heard itself. */
export const withHistory = (sorted: SortedEvents): SortedEvents => ({
  ...sorted,
  reactions: [...sorted.reactions, ...sorted.history.flatMap(reactionsOfHistory).map(withStorableIds)],
  receipts: [...sorted.receipts, ...sorted.history.flatMap(receiptsOfHistory).map(withStorableIds)],
  revokes: [...sorted.revokes, ...sorted.history.flatMap(revokesOfHistory)],
  votes: [...sorted.votes, ...sorted.history.flatMap(votesOfHistory).map(withStorableIds)],
  stars: [...sorted.stars, ...sorted.history.flatMap(starsOfHistory)],
  pins: [...sorted.pins, ...sorted.history.flatMap(pinsOfHistory)],
})

/** Events of history other than messages, which are in the order of all messages. */
export const inItsPlace = (event: Event): Event =>
  isOfHistory(event) && event.type !== 'message.history' ? { ...event, epoch: beforeAll(event.epoch) } : event

/** More than an instance will ever have. */
const EPOCHS_BEFORE = 2 ** 40
const beforeAll = (epoch: number): number => epoch - EPOCHS_BEFORE

const reactionsOfHistory = (event: HistoryEvent): readonly EventOf<'message.reacted'>[] =>
  (event.reactions ?? []).map(({ emoji, ...who }) => ({
    ...saidBy(event, who),
    type: 'message.reacted',
    targetMessageId: idOf(event),
    emoji,
  }))

/** Of each voter the whole choice. */
export const votesOfHistory = (event: HistoryEvent): readonly EventOf<'poll.voted'>[] =>
  (event.votes ?? []).map(({ options, unknownHashes, ...who }) => ({
    ...saidBy(event, who),
    type: 'poll.voted',
    targetMessageId: idOf(event),
    targetSenderId: event.senderId ?? null,
    options,
    unknownHashes,
  }))

/** Of each guest the last one. */
export const answersOfHistory = (event: HistoryEvent): readonly EventAnswer[] =>
  (event.answers ?? []).map(({ answer, extraGuests, ...who }) => ({
    ...saidBy(event, { ...who, senderId: storableId(who.senderId) }),
    targetMessageId: idOf(event),
    answer,
    extraGuests: extraGuests ?? null,
  }))

/** How far it got with each person, and, of what the account wrote, on the whole. */
const receiptsOfHistory = (event: HistoryEvent): readonly Receipt[] => [
  ...(event.receipts ?? []).map(one => receiptOf(event, one)),
  ...(event.status == null ? [] : [receiptOf(event, { participantId: participantOf(event), status: event.status })]),
]

const revokesOfHistory = (event: HistoryEvent): readonly EventOf<'message.revoked'>[] =>
  event.revokedAt == null
    ? []
    : [{ ...aboutIt(event), type: 'message.revoked', occurredAt: event.revokedAt, targetMessageId: idOf(event) }]

export const starsOfHistory = (event: HistoryEvent): readonly EventOf<'message.starred'>[] =>
  event.starred == null
    ? []
    : [
        {
          ...aboutIt(event),
          type: 'message.starred',
          targetMessageId: idOf(event),
          targetSenderId: event.senderId ?? null,
          on: event.starred,
        },
      ]

export const pinsOfHistory = (event: HistoryEvent): readonly EventOf<'message.pinned'>[] =>
  event.pinned == null
    ? []
    : [
        {
          ...aboutIt(event),
          type: 'message.pinned',
          targetMessageId: idOf(event),
          targetSenderId: event.senderId ?? null,
          on: event.pinned,
          untilAt: event.pinnedUntil ?? null,
        },
      ]

/** Who said it, and when: where that is not known, with the message. */
type Said = {
  senderId: string
  senderPn?: string | null | undefined
  fromMe: boolean
  at?: number | null | undefined
}

const saidBy = (event: HistoryEvent, { senderId, senderPn, fromMe, at }: Said) => ({
  ...aboutIt(event),
  senderId,
  senderPn: senderPn ?? null,
  fromMe,
  occurredAt: at ?? event.occurredAt,
})

/** Its sender's own word, with the message. */
function aboutIt(event: HistoryEvent): Envelope & { isGroup: boolean } {
  const { eventId, instanceId, epoch, sequence, occurredAt, recordedAt, isGroup } = event
  const { chatId, chatPn, senderId, senderPn, fromMe } = event
  return {
    ...{ eventId, instanceId, epoch: beforeAll(epoch), sequence, occurredAt, recordedAt, isGroup },
    ...{
      chatId: chatId ?? null,
      chatPn: chatPn ?? null,
      senderId: senderId ?? null,
      senderPn: senderPn ?? null,
      fromMe: fromMe ?? null,
    },
  }
}

type Got = {
  participantId: string
  participantPn?: string | null | undefined
  status: string
  at?: number | null | undefined
}

const receiptOf = (event: HistoryEvent, { participantId, status, at }: Got): Receipt => ({
  ...aboutIt(event),
  type: 'message.receipt-updated',
  occurredAt: at ?? event.occurredAt,
  messageIds: [idOf(event)],
  participantId,
  status,
  ofHistory: true,
})

/** Between two it is the other who got it; what WhatsApp's server says, and how far it got in a group, is nobody's. */
const participantOf = ({ chatId, isGroup, status }: HistoryEvent): string =>
  isGroup || status === 'server' || status === 'error' ? '' : (chatId ?? '')

const idOf = (event: HistoryEvent): string => event.messageId ?? event.eventId
