// What an event of Baileys says of the app state: the state of some thing, and the event that tells of it. Pure.
import type { EventType } from '../../events/event.ts'
import type { Offer } from '../draft.ts'
import type { Address } from '../stanza-identity.ts'

export type Said = {
  /** What it is about, under one word for each kind of thing. */
  entity: string
  /** As WhatsApp names it, so that it stays the same thing when another address of it becomes known. */
  id: string
  /** A field that is null or undefined is not said. */
  fields: Readonly<Record<string, unknown>>
  /** Of these fields, those that messages undo by themselves: a patch that says them is told, also where it says what was told last. */
  undone?: readonly string[]
  /** The chat or person that it is about, whose addresses are then as the instance knows them; null: none. */
  about: string | null
  /** `differing`: the fields that are told now. */
  event(differing: Readonly<Record<string, unknown>>, of: Telling): Offer
}

export type Telling = {
  instanceId: string
  /** Epoch milliseconds: when it was heard of; the app state does not say when it was done. */
  occurredAt: number
  origin: 'change' | 'snapshot'
  eventId(type: EventType): string
  /** All that was said of it in one go. */
  fields: Said['fields']
  /** Of what `about` names. */
  address: Address
  /** The account's own id; null: not known. */
  ownId: string | null
}

export type Item = Readonly<Record<string, unknown>>

/** `rest`: what is none of these, whole; undefined: nothing is left. */
export type Read = { said: readonly Said[]; rest: unknown }

/** What every event of a telling begins with; of a chat also which. */
export const envelope = <Type extends EventType>(type: Type, { instanceId, occurredAt, origin, eventId }: Telling) => ({
  eventId: eventId(type),
  type,
  instanceId,
  occurredAt,
  origin,
})
export const inChat = ({ address }: Telling) => ({ chatId: address.id, chatPn: address.pn })

export const itemOf = (value: unknown): Item => (typeof value === 'object' && value !== null ? { ...value } : {})
/** null: it is none, or an empty one. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
export const flagOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

/** Of a list each item by itself; what none of it is understood of, or what is left of it, stays in the rest. */
export function readList(payload: unknown, read: (item: Item) => Read): Read {
  if (!Array.isArray(payload)) return { said: [], rest: payload }
  const all = payload.map(item => (typeof item === 'object' && item !== null ? read(item) : { said: [], rest: item }))
  const rest = all.map(one => one.rest).filter(one => one !== undefined)
  return { said: all.flatMap(one => one.said), rest: rest.length === 0 ? undefined : rest }
}
