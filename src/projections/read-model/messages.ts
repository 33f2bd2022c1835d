// One row per message, its first copy for ever; edits and revokes change it only in settle-messages.ts.
import type { Transaction } from '../../database/database.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows, type Row } from './insert-rows.ts'
import type { MessageEvent } from './sort-events.ts'

export async function projectMessages(tx: Transaction, events: readonly MessageEvent[]): Promise<void> {
  await insertRows(tx, 'messages', events.map(toRow), 'on conflict (event_id) do nothing')
}

/** Events of other kinds name a message by the id that WhatsApp gave it. */
export const messageIdOf = (event: MessageEvent): string => event.messageId ?? event.eventId

function toRow(event: MessageEvent): Row {
  const said = event.type === 'message.undecryptable' ? null : event
  return {
    event_id: event.eventId,
    instance_id: event.instanceId,
    chat_id: event.chatId ?? null,
    chat_pn: event.chatPn ?? null,
    sender_id: event.senderId ?? (event.fromMe === true || event.isGroup ? null : (event.chatId ?? null)),
    sender_pn: event.senderPn ?? null,
    message_id: messageIdOf(event),
    from_me: event.fromMe ?? event.type === 'message.sent',
    epoch: event.epoch,
    sequence: event.sequence,
    kind: said?.kind ?? 'unknown',
    sender_name: event.senderName ?? null,
    is_group: event.isGroup,
    text: said?.text ?? null,
    quoted_message_id: said?.quotedMessageId ?? null,
    mentions: said?.mentions ?? null,
    forwarded: said?.forwarded ?? null,
    view_once: said?.viewOnce ?? null,
    expires_in_seconds: said?.expiresInSeconds ?? null,
    source: said?.source ?? null,
    command_id: said?.commandId ?? null,
    location: said?.location ?? null,
    contacts: said?.contacts ?? null,
    poll: said?.poll ?? null,
    interactive: said?.interactive ?? null,
    media: said?.media ?? null,
    undecryptable: event.type === 'message.undecryptable' ? event.reason : null,
    occurred_at: isoInstant(event.occurredAt),
    changed_by_event: event.eventId,
  }
}
