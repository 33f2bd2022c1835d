// What a delivery has of the event it comes from, besides its id and instants; absent is null.
import type { Event } from '../../events/event.ts'

export type EventHead = ReturnType<typeof eventHead>

export const eventHead = (event: HeadSource) => ({
  instanceId: event.instanceId,
  epoch: event.epoch,
  sequence: event.sequence,
  chatId: event.chatId ?? null,
  chatPn: event.chatPn ?? null,
  senderId: event.senderId ?? null,
  senderPn: event.senderPn ?? null,
  messageId: event.messageId ?? null,
  fromMe: event.fromMe ?? null,
})

type HeadSource = Pick<
  Event,
  'instanceId' | 'epoch' | 'sequence' | 'chatId' | 'chatPn' | 'senderId' | 'senderPn' | 'messageId' | 'fromMe'
>
