// Which fields of a state differ from what was told last.
import { createHash } from 'node:crypto'

/** `entity`: group, contact …, each kind of thing under one word; `id`: which. A field that is null or undefined is not said, and compared with nothing. */
export type State = {
  entity: string
  id: string
  fields: Readonly<Record<string, unknown>>
  /** Of the fields, those that are told also where they are what was told last. */
  anyway?: readonly string[]
}

/** By field. */
export type Digests = Readonly<Record<string, string>>

/** 12 bytes of SHA-256 of its JSON. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16)

/** Of those that are said, and about which nothing newer is known; null: none. */
export function differingFields(
  { fields, anyway = [] }: State,
  told: Digests,
  isOlder: (field: string) => boolean,
): Readonly<Record<string, unknown>> | null {
  const isTold = (field: string, value: unknown) => told[field] === digestOf(value) && !anyway.includes(field)
  const differing = saidIn(fields).filter(([field, value]) => !isOlder(field) && !isTold(field, value))
  return differing.length === 0 ? null : Object.fromEntries(differing)
}

export const saidIn = (fields: State['fields']): readonly (readonly [string, unknown])[] =>
  Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
