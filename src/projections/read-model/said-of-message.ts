// What tables have alike that keep what somebody says of a message, by the id that WhatsApp gave it: whether or not that was projected yet.
import type { Envelope } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import type { Row } from './insert-rows.ts'

/** What a row needs of the event, or of what else tells of it. */
export type SaidOfMessage = { targetMessageId: string; targetSenderId?: string | null } & Pick<
  Envelope,
  'eventId' | 'instanceId' | 'chatId' | 'senderId' | 'fromMe' | 'occurredAt' | 'epoch' | 'sequence'
>

/** Who says it; empty: the account, by an address that is not known. */
export const speakerOf = (said: Pick<SaidOfMessage, 'chatId' | 'senderId' | 'fromMe'>): string =>
  said.senderId ?? (said.fromMe === true ? '' : (said.chatId ?? ''))

/** Which message, and when. */
export const targetColumns = [
  'instance_id',
  'target_message_id',
  'chat_id',
  'occurred_at',
  'epoch',
  'sequence',
  'changed_by_event',
]

export const targetRow = (said: SaidOfMessage): Row => ({
  instance_id: said.instanceId,
  target_message_id: said.targetMessageId,
  chat_id: said.chatId ?? '',
  occurred_at: isoInstant(said.occurredAt),
  epoch: said.epoch,
  sequence: said.sequence,
  changed_by_event: said.eventId,
})

/** `set` of `on conflict … do update`, for columns that are not of the key. */
export const setNewer = (columns: readonly string[]): string =>
  [...columns, 'occurred_at', 'epoch', 'sequence', 'changed_by_event'].map(column => `${column} = excluded.${column}`).join(', ')
