// An event on its way into the log: everything but what its place in the append queue gives it.
import type { Event, EventType } from '../events/event.ts'
import { type Ordinal, sourceId } from '../events/ids.ts'
import { whenOf } from './occurred-at.ts'
import { identityOf, type Stanza, shownChatOf } from './stanza-identity.ts'

type Unplaced<One> = One extends Event
  ? Omit<One, 'eventId' | 'epoch' | 'sequence' | 'recordedAt'> & { eventId: string | null }
  : never

/** eventId null: the socket's state, whose id is made of epoch and sequence. */
export type Draft = Unplaced<Event>
export type DraftOf<Type extends EventType> = Extract<Draft, { type: Type }>

/**
 * What is offered to the intake: an event and every chat that it tells of, in its fields, payload or raw bytes. Where that is not its
 * chatId alone, `chats` says it; leaving it out is a type error.
 */
export type Offer = AboutAccount | AboutOneChat | AboutChats
type AboutAccount = Extract<Draft, { type: `instance.${string}` | CommandOutcome }>
/** Whoever asked hears of it: of a chat that is ignored it says none (producers/commands/tell-outcome.ts). */
type CommandOutcome = 'command.completed' | 'command.failed' | 'upload.completed' | 'upload.failed'
type AboutOneChat = Exclude<Draft, { type: 'unknown' | 'contact.updated' | `instance.${string}` | CommandOutcome }> & {
  chatId: string
}
type AboutChats = DraftOf<'unknown' | 'contact.updated' | 'blocklist.updated' | 'label.changed'> & { chats: readonly string[] }
export type OfferOf<Type extends EventType> = Extract<Offer, { type: Type }>

/** What every event of one stanza part shares. */
export type Origin = { stanza: Stanza; ordinal: Ordinal; raw: Uint8Array | null; receivedAt: number }

/** The id is made of the stanza as it is; addresses are shown as known (complete-addresses.ts). */
export const envelopeOf = <Type extends EventType>(type: Type, { stanza, ordinal, raw, receivedAt }: Origin) => ({
  eventId: sourceId(identityOf(stanza), type, ordinal),
  type,
  instanceId: stanza.instanceId,
  ...whenOf(stanza.saidAt, receivedAt),
  chatId: shownChatOf(stanza).id,
  chatPn: shownChatOf(stanza).pn,
  senderId: stanza.sender.id,
  senderPn: stanza.sender.pn,
  messageId: stanza.stanzaId,
  fromMe: stanza.fromMe,
  raw: raw === null ? null : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
})

/** Something zaplog does not know, kept whole. `chats`: those that it tells of besides its own. */
export const unknownDraft = (origin: Origin, name: string, chats: Iterable<string> = []): OfferOf<'unknown'> => ({
  ...envelopeOf('unknown', origin),
  source: 'stanza',
  name,
  senderName: origin.stanza.senderName,
  chats: [origin.stanza.chat.id, ...chats],
})

/** Whether what is said of a chat is left out; null: it may be any chat. */
export type Ignores = (chat: string | null) => boolean
