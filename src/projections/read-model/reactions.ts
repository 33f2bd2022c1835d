// The last reaction of each sender to each message; taking one back is an empty emoji, kept so that an older one cannot come after it.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto } from './insert-rows.ts'
import { greatestByKey, isLaterThanOld, keyOf } from './stamp.ts'

type Reaction = EventOf<'message.reacted'>

export function reactionsIn(schema: string): (events: readonly Reaction[]) => Write {
  const insert = insertInto(schema, 'message_reactions', columns, onConflict)
  const keyOfOne = (event: Reaction) => keyOf(event.instanceId, event.targetMessageId, event.chatId, senderOf(event))
  return events => insert(greatestByKey(events, keyOfOne).map(toRow))
}

const columns = [
  ...['instance_id', 'target_message_id', 'chat_id', 'sender_id', 'emoji', 'occurred_at', 'epoch', 'sequence'],
  'changed_by_event',
]

const onConflict = `on conflict (instance_id, target_message_id, chat_id, sender_id) do update set
    emoji = excluded.emoji, occurred_at = excluded.occurred_at, epoch = excluded.epoch, sequence = excluded.sequence,
    changed_by_event = excluded.changed_by_event
  where ${isLaterThanOld}`

const toRow = (event: Reaction) => ({
  instance_id: event.instanceId,
  target_message_id: event.targetMessageId,
  chat_id: event.chatId ?? '',
  sender_id: senderOf(event),
  emoji: event.emoji,
  occurred_at: isoInstant(event.occurredAt),
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})

const senderOf = (event: Reaction): string => event.senderId ?? (event.fromMe === true ? '' : (event.chatId ?? ''))
