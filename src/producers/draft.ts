// An event on its way into the log: everything but what its place in the append queue gives it.
import type { Event, EventType } from '../events/event.ts'
import { type Ordinal, sourceId } from '../events/ids.ts'
import { identityOf, type Stanza } from './stanza-identity.ts'

type Unplaced<One> = One extends Event
  ? Omit<One, 'eventId' | 'epoch' | 'sequence' | 'recordedAt'> & { eventId: string | null }
  : never

/** eventId null: the socket's state, whose id is made of epoch and sequence. */
export type Draft = Unplaced<Event>
export type DraftOf<Type extends EventType> = Extract<Draft, { type: Type }>

/** What every event of one stanza part shares; occurredAt falls back to when the stanza came. */
export type Origin = { stanza: Stanza; ordinal: Ordinal; raw: Uint8Array | null; receivedAt: number }

export const envelopeOf = <Type extends EventType>(type: Type, { stanza, ordinal, raw, receivedAt }: Origin) => ({
  eventId: sourceId(identityOf(stanza), type, ordinal),
  type,
  instanceId: stanza.instanceId,
  occurredAt: stanza.occurredAt ?? receivedAt,
  chatId: stanza.chat.id,
  chatPn: stanza.chat.pn,
  senderId: stanza.sender.id,
  senderPn: stanza.sender.pn,
  messageId: stanza.stanzaId,
  fromMe: stanza.fromMe,
  raw: raw === null ? null : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
})

/** Something zaplog does not know, kept whole. */
export const unknownDraft = (origin: Origin, name: string): DraftOf<'unknown'> => ({
  ...envelopeOf('unknown', origin),
  source: 'stanza',
  name,
  senderName: origin.stanza.senderName,
})
