// Edits and revokes as they came, each first copy for ever, whether or not their message was projected yet.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { senderOf } from './message-columns.ts'

type Change = EventOf<'message.edited' | 'message.revoked'>

export function editsIn(schema: string): (events: readonly EventOf<'message.edited'>[]) => Write {
  const insert = insertInto(schema, 'message_edits', [...columns, 'text'], onConflict)
  return events => insert(events.map(event => ({ ...changeOf(event), text: event.text })))
}

/** Of what has more than its text. */
export function editedContentsIn(schema: string): (events: readonly EventOf<'message.edited'>[]) => Write {
  const insert = insertInto(schema, 'message_edited_contents', [...columns, 'interactive', 'location'], onConflict)
  return events =>
    insert(
      events
        .filter(({ interactive }) => interactive != null)
        .map(event => ({ ...changeOf(event), interactive: event.interactive, location: event.location ?? null })),
    )
}

export function revokesIn(schema: string): (events: readonly EventOf<'message.revoked'>[]) => Write {
  const insert = insertInto(schema, 'message_revokes', [...columns, 'target_sender_id'], onConflict)
  return events => insert(events.map(event => ({ ...changeOf(event), target_sender_id: event.targetSenderId })))
}

const columns = [
  ...['event_id', 'instance_id', 'chat_id', 'sender_id', 'from_me', 'target_message_id', 'occurred_at', 'epoch', 'sequence'],
  'changed_by_event',
]
const onConflict = 'on conflict (event_id) do nothing'

const changeOf = (event: Change): Row => ({
  event_id: event.eventId,
  instance_id: event.instanceId,
  chat_id: event.chatId ?? null,
  sender_id: senderOf(event),
  from_me: event.fromMe ?? false,
  target_message_id: event.targetMessageId,
  occurred_at: isoInstant(event.occurredAt),
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
