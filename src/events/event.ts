// An event: what happened, decoded. The types are generated from definitions.ts; the first copy per eventId wins, everywhere.
export type * from './generated/events.ts'
export { eventTypes } from './generated/events.ts'

import type { Event } from './generated/events.ts'

export type EventType = Event['type']
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>

/** For the end of a switch over a union: a member nobody handled is a type error, and a crash if it comes all the same. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`)
}
