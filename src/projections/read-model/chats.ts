// One row per address under which messages came or went: when the last one did.
import type { Write } from '../../database/statement-parts.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto } from './insert-rows.ts'
import type { MessageEvent } from './sort-events.ts'
import { greatestByKey, keyOf } from './stamp.ts'

export function chatsIn(schema: string): (messages: readonly MessageEvent[]) => Write {
  const insert = insertInto(schema, 'chats', columns, onConflict)
  return messages => {
    const inChats = messages.filter(event => event.chatId != null && !isSealedToAnother(event))
    return insert(greatestByKey(inChats, event => keyOf(event.instanceId, event.chatId)).map(toRow))
  }
}

/** A vote, an edit, an answer that does not open: it says something of a message, and is none of the chat's own until it opens. */
const isSealedToAnother = (event: MessageEvent): boolean =>
  event.type === 'message.undecryptable' && event.targetMessageId != null

const columns = ['instance_id', 'chat_id', 'is_group', 'last_message_at', 'epoch', 'sequence', 'changed_by_event']

const onConflict = `on conflict (instance_id, chat_id) do update set
    is_group = excluded.is_group, last_message_at = excluded.last_message_at,
    epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where (excluded.last_message_at, excluded.epoch, excluded.sequence) > (old.last_message_at, old.epoch, old.sequence)`

const toRow = (event: MessageEvent) => ({
  instance_id: event.instanceId,
  chat_id: event.chatId,
  is_group: event.isGroup,
  last_message_at: isoInstant(event.occurredAt),
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
