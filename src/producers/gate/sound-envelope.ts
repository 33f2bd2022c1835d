// An envelope that every schema and every reader takes, whatever a stanza said: made field by field from the schema's own list, so that a
// field added later is made sound too. It never throws.
import { envelope } from '../../events/envelope.ts'
import type { Event } from '../../events/event.ts'
import type { FieldType } from '../../events/schema-fields.ts'

type Name = keyof typeof envelope
export type SoundEnvelope = Pick<Event, Name & keyof Event>

/** Longer than any id of WhatsApp's; what is longer was made to be. */
const maxChars = 512
/** What a Date can hold, and so can Postgres. */
const farthestMs = 8_640_000_000_000_000
const mostLong = Number.MAX_SAFE_INTEGER - 1
const mostInt = 2 ** 31 - 1

export const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && Math.abs(Number(value)) <= farthestMs

/** `replaced` holds what was there instead, by field; raw bytes are never among it. */
export function soundEnvelope(event: Event): { sound: SoundEnvelope; replaced: Readonly<Record<string, unknown>> } {
  const given: Readonly<Record<string, unknown>> = { ...event }
  const recordedAt = isInstant(given.recordedAt) ? given.recordedAt : 0
  const sound: Record<string, unknown> = {}
  const replaced: Record<string, unknown> = {}
  for (const [name, { type }] of Object.entries(envelope)) {
    sound[name] = mended(type, given[name], recordedAt)
    if (name !== 'raw' && sound[name] !== (given[name] ?? null)) replaced[name] = given[name]
  }
  return { sound: sound as SoundEnvelope, replaced }
}

function mended(type: FieldType, value: unknown, recordedAt: number): unknown {
  if (typeof type === 'object' && 'optional' in type)
    return isMissing(value) ? null : (mendedOrNull(type.optional, value, recordedAt) ?? null)
  return mendedOrNull(type, value, recordedAt) ?? absent(type, recordedAt)
}

const isMissing = (value: unknown): boolean => value === null || value === undefined

/** null: the value is none of that type, and cannot be made one. */
function mendedOrNull(type: FieldType, value: unknown, recordedAt: number): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? cut(value) : null
    case 'instant':
      return isInstant(value) ? value : null
    case 'long':
      return Number.isSafeInteger(value) && Math.abs(Number(value)) <= mostLong ? value : null
    case 'int':
      return Number.isSafeInteger(value) && Math.abs(Number(value)) <= mostInt ? value : null
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'bytes':
      return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : null
    default:
      return mendedInner(type, value, recordedAt)
  }
}

function mendedInner(type: Exclude<FieldType, string>, value: unknown, recordedAt: number): unknown {
  if ('optional' in type) return mendedOrNull(type.optional, value, recordedAt)
  if ('array' in type) return Array.isArray(value) ? value.map(item => mended(type.array, item, recordedAt)) : null
  if (typeof value !== 'object' || value === null) return null
  const given: Readonly<Record<string, unknown>> = { ...value }
  const fields = Object.entries(type.record.fields)
  return Object.fromEntries(fields.map(([name, field]) => [name, mended(field.type, given[name], recordedAt)]))
}

/** In place of what a required field cannot hold. */
function absent(type: FieldType, recordedAt: number): unknown {
  if (type === 'instant') return recordedAt
  if (type === 'string') return ''
  if (type === 'boolean') return false
  if (type === 'bytes') return Buffer.alloc(0)
  if (typeof type === 'string') return 0
  if ('array' in type) return []
  return mendedInner(type, {}, recordedAt)
}

const cut = (text: string): string => (text.length > maxChars ? text.slice(0, maxChars) : text).toWellFormed()
