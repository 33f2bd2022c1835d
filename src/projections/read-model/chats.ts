// One row per address under which messages came or went: when the last one did.
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows } from './insert-rows.ts'
import type { MessageEvent } from './sort-events.ts'
import { greatestByKey, keyOf } from './stamp.ts'
import type { Target } from './tables.ts'

export async function projectChats(into: Target, messages: readonly MessageEvent[]): Promise<void> {
  const inChats = messages.filter(event => event.chatId != null)
  const last = greatestByKey(inChats, event => keyOf(event.instanceId, event.chatId))
  const rows = last.map(event => ({
    instance_id: event.instanceId,
    chat_id: event.chatId,
    is_group: event.isGroup,
    last_message_at: isoInstant(event.occurredAt),
    epoch: event.epoch,
    sequence: event.sequence,
    changed_by_event: event.eventId,
  }))
  await insertRows(
    into,
    'chats',
    rows,
    `on conflict (instance_id, chat_id) do update set
       is_group = excluded.is_group, last_message_at = excluded.last_message_at,
       epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
     where (excluded.last_message_at, excluded.epoch, excluded.sequence) > (old.last_message_at, old.epoch, old.sequence)`,
  )
}
