// Messages that an earlier version kept as `unknown`, as their stanzas would be told today. The envelope has lost some of the stanza; what that
// would decide stays unknown. Pure.
//
// Lost are: what the server calls a change (so nobody's revoke as an admin is taken, no pin in a group but what the phone handed over, and what is of
// a kind newer than this version is no message, for it may be a change), which device wrote (`source` is null), and whether a device told another (they tell only what is no message). A file
// is left out: nobody fetched it, and nobody will.
import type { Event, EventOf, EventType } from '../events/event.ts'
import { sourceId } from '../events/ids.ts'
import { convertMessage, type KnownSecrets } from './convert-message.ts'
import type { Offer } from './draft.ts'
import { isGroup } from './jid.ts'
import { type MessagePart, type Read, readMessage } from './read-message.ts'
import { type BroughtSecret, secretBroughtBy } from './sealed/message-secret.ts'
import { type Address, identityOf, type Stanza } from './stanza-identity.ts'

/** An event of which the bytes of a message are kept. */
export type EarlierEvent = EventOf<'unknown' | 'message.received' | 'message.sent'>
/** What is in the message. `part`: as it came. */
export type EarlierMessage = { event: EarlierEvent; part: MessagePart; read: Read }

/** Parts of a stanza that are tried; WhatsApp sends two. */
const maxParts = 8
/** Names of what is kept as its stanza, or as bytes that are no message. */
const ofNoMessage = /^message: (enc |unreadable|without content|refused)/

/** null: no message is kept in it, or its stanza cannot be told from it. */
export function readEarlier(event: Event, ownId: string | null): EarlierMessage | null {
  const raw = hasMessage(event) ? event.raw : null
  if (!hasMessage(event) || raw == null) return null
  const found = event.type === 'unknown' ? provenStanzaOf(event) : saidStanzaOf(event)
  if (found === null) return null
  const { stanza, part } = found
  const aliases = [event.senderId, event.senderPn].filter(address => address != null)
  // Where WhatsApp's instant could not be, that of arrival stands in for it.
  const receivedAt = event.occurredAtSaid == null ? event.recordedAt : event.occurredAt
  const of = { stanza, part, plaintext: raw, isPadded: false, receivedAt, aliases, ownId, ignores: () => false }
  return { event, part: of, read: readMessage(of) }
}

const hasMessage = (event: Event): event is EarlierEvent =>
  event.type === 'message.received' ||
  event.type === 'message.sent' ||
  (event.type === 'unknown' && event.source === 'stanza' && event.name.startsWith('message: ') && !ofNoMessage.test(event.name))

/** Addressed as the event is: by then the instance knew more than the stanza said. */
export function secretsIn({ event, read }: EarlierMessage): readonly BroughtSecret[] {
  return read.messages.flatMap(one => {
    const brought = secretBroughtBy(one)
    if (brought === null) return []
    return [one.origin.stanza.stanzaId === event.messageId ? { ...brought, ...addressesOf(event) } : brought]
  })
}

const addressesOf = (event: EarlierEvent): { chat: Address; author: Address } => ({
  chat: { id: event.chatId ?? '', pn: event.chatPn ?? null },
  author: { id: event.senderId ?? '', pn: event.senderPn ?? null },
})

/** What it is today, in the place that it has in the log. Empty: it is unknown still, or was none. */
export function convertEarlier({ event, part, read }: EarlierMessage, known: KnownSecrets): readonly Event[] {
  if (event.type !== 'unknown') return []
  return convertMessage(part, read, known).flatMap(offer => placed(offer, event))
}

function placed(offer: Offer, of: EarlierEvent): readonly Event[] {
  if (!isTold(offer) || offer.eventId === null) return []
  const { eventId } = offer
  const shown = offer.messageId === of.messageId ? shownAs(of) : {}
  const { epoch, sequence, recordedAt } = of
  return [{ ...withoutLost(offer), ...shown, eventId, epoch, sequence, recordedAt }]
}

const shownAs = ({ chatId, chatPn, senderId, senderPn }: EarlierEvent) => ({ chatId, chatPn, senderId, senderPn })

type Told = Exclude<Offer, { chats: readonly string[] } | { type: `instance.${string}` }>
const told: ReadonlySet<EventType> = new Set([
  ...(['message.received', 'message.sent', 'message.edited', 'message.revoked', 'message.reacted', 'message.pinned'] as const),
  ...(['message.undecryptable', 'poll.voted', 'chat.updated'] as const),
])
const isTold = (offer: Offer): offer is Told => told.has(offer.type) && !('kind' in offer && offer.kind === 'unknown')

const withoutLost = (offer: Told): Told =>
  offer.type === 'message.received' || offer.type === 'message.sent'
    ? { ...offer, source: null, media: null, mediaSource: null }
    : offer

type Found = { stanza: Stanza; part: number }

/** For what it brings, which is kept under the event's own addresses. */
const saidStanzaOf = (event: EarlierEvent): Found => ({
  stanza: stanzaWith(event, { chat: event.chatId ?? '', sender: event.senderId ?? '' }),
  part: 0,
})

/** The event's id was made of the stanza's own addresses and part: those that make it again are the ones. null: none of what is known does. */
function provenStanzaOf(event: EarlierEvent): Found | null {
  for (const chat of namesOf(event.chatId, event.chatPn))
    for (const sender of namesOf(event.senderId, event.senderPn))
      for (let part = 0; part < maxParts; part++) {
        const stanza = stanzaWith(event, { chat, sender })
        if (sourceId(identityOf(stanza), event.type, { part, index: 0 }) === event.eventId) return { stanza, part }
      }
  return null
}

const namesOf = (id: string | null | undefined, pn: string | null | undefined): readonly string[] => [
  ...new Set([id, pn].filter(address => address != null)),
]

const stanzaWith = (event: EarlierEvent, { chat, sender }: { chat: string; sender: string }): Stanza => ({
  instanceId: event.instanceId,
  stanzaClass: 'message',
  stanzaId: event.messageId ?? '',
  fromMe: event.fromMe ?? false,
  chat: { id: chat, pn: event.chatPn ?? null },
  sender: { id: sender, pn: event.senderPn ?? null },
  senderDevice: 0,
  isGroup: isGroup(chat),
  saidAt: event.occurredAtSaid ?? String(Math.trunc(event.occurredAt / 1000)),
  senderName: event.senderName ?? null,
  edit: null,
  isPeer: false,
})
