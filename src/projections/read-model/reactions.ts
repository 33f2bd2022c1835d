// The last reaction of each sender to each message; taking one back is an empty emoji, kept so that an older one cannot come after it.
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows } from './insert-rows.ts'
import { greatestByKey, isLaterThanOld, keyOf } from './stamp.ts'
import type { Target } from './tables.ts'

type Reaction = EventOf<'message.reacted'>

export async function projectReactions(into: Target, events: readonly Reaction[]): Promise<void> {
  const last = greatestByKey(events, event => keyOf(event.instanceId, event.targetMessageId, event.chatId, senderOf(event)))
  const rows = last.map(event => ({
    instance_id: event.instanceId,
    target_message_id: event.targetMessageId,
    chat_id: event.chatId ?? '',
    sender_id: senderOf(event),
    emoji: event.emoji,
    occurred_at: isoInstant(event.occurredAt),
    epoch: event.epoch,
    sequence: event.sequence,
    changed_by_event: event.eventId,
  }))
  await insertRows(
    into,
    'message_reactions',
    rows,
    `on conflict (instance_id, target_message_id, chat_id, sender_id) do update set
       emoji = excluded.emoji, occurred_at = excluded.occurred_at, epoch = excluded.epoch, sequence = excluded.sequence,
       changed_by_event = excluded.changed_by_event
     where ${isLaterThanOld}`,
  )
}

const senderOf = (event: Reaction): string => event.senderId ?? (event.fromMe === true ? '' : (event.chatId ?? ''))
