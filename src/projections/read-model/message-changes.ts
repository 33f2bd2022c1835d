// Edits and revokes as they came, each first copy for ever, whether or not their message was projected yet.
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows, type Row } from './insert-rows.ts'
import type { Target } from './tables.ts'

type Change = EventOf<'message.edited' | 'message.revoked'>

export async function projectEdits(into: Target, events: readonly EventOf<'message.edited'>[]): Promise<void> {
  const rows = events.map(event => ({ ...changeOf(event), text: event.text ?? null }))
  await insertRows(into, 'message_edits', rows, 'on conflict (event_id) do nothing')
}

export async function projectRevokes(into: Target, events: readonly EventOf<'message.revoked'>[]): Promise<void> {
  const rows = events.map(event => ({ ...changeOf(event), target_sender_id: event.targetSenderId ?? null }))
  await insertRows(into, 'message_revokes', rows, 'on conflict (event_id) do nothing')
}

const changeOf = (event: Change): Row => ({
  event_id: event.eventId,
  instance_id: event.instanceId,
  chat_id: event.chatId ?? null,
  sender_id: event.senderId ?? (event.fromMe === true || event.isGroup ? null : (event.chatId ?? null)),
  from_me: event.fromMe ?? false,
  target_message_id: event.targetMessageId,
  occurred_at: isoInstant(event.occurredAt),
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
