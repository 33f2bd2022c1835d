// How far each message got with each participant: the greatest status wins, and of equal ones the first that this device heard itself.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto } from './insert-rows.ts'
import { keyOf } from './stamp.ts'

/** `ofHistory`: the phone told of it. */
export type Receipt = EventOf<'message.receipt-updated'> & { ofHistory?: true }

/** An error can be overcome by a repeat, hence its place. A status that is not here is kept until a known one comes. */
const ranks: Readonly<Record<string, number>> = { server: 1, error: 2, delivered: 3, read: 4, played: 5 }
const rankOf = (event: Receipt): number => ranks[event.status] ?? 0

export function receiptsIn(schema: string): (events: readonly Receipt[]) => Write {
  const insert = insertInto(schema, 'message_receipts', columns, onConflict)
  return events => insert(greatestOf(events).map(toRow))
}

type OfMessage = { event: Receipt; messageId: string }

/** Of each message with each participant; the first of equal ones, so that what is of history has to come last. */
function greatestOf(events: readonly Receipt[]): readonly OfMessage[] {
  const greatest = new Map<string, OfMessage>()
  for (const event of events)
    for (const messageId of event.messageIds) {
      const key = keyOf(event.instanceId, messageId, event.chatId, participantOf(event))
      const known = greatest.get(key)
      if (known === undefined || rankOf(event) > rankOf(known.event)) greatest.set(key, { event, messageId })
    }
  return [...greatest.values()]
}

const columns = [
  ...['instance_id', 'message_id', 'chat_id', 'participant_id', 'status', 'rank', 'occurred_at', 'changed_by_event'],
  'from_history',
]

const onConflict = `on conflict (instance_id, message_id, chat_id, participant_id) do update set
    status = excluded.status, rank = excluded.rank, occurred_at = excluded.occurred_at, changed_by_event = excluded.changed_by_event,
    from_history = excluded.from_history
  where (excluded.rank, old.from_history) > (old.rank, excluded.from_history)`

const toRow = ({ event, messageId }: OfMessage) => ({
  instance_id: event.instanceId,
  message_id: messageId,
  chat_id: event.chatId ?? '',
  participant_id: participantOf(event),
  status: event.status,
  rank: rankOf(event),
  occurred_at: isoInstant(event.occurredAt),
  changed_by_event: event.eventId,
  from_history: event.ofHistory === true,
})

const participantOf = (event: Receipt): string => event.participantId ?? event.senderId ?? ''
