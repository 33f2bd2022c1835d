// The body of a delivery in format `zaplog` (docs/contract.md, Webhooks): {type, timestamp, data}, less the media links, which each attempt adds.
// Pure, and the same bytes for the same event for ever. Never in it: raw, rawObject, mediaSource.
import { events } from '../../events/definitions.ts'
import type { Event, Media } from '../../events/event.ts'
import type { MediaStatus } from '../../events/media-status.ts'
import type { Field, FieldType } from '../../events/schema-fields.ts'
import { isOfHistory } from '../../events/topics.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type EventHead, eventHead } from './event-head.ts'
import type { MediaOutcome } from './media-outcome.ts'

/** The contract's 256 KiB, less room for the links that an attempt adds. */
export const MAX_BODY_BYTES = 252 * 1024

/** Own fields of an event follow those that every type has; null fields are left out. */
export function deliveryBody(event: Event): string {
  const own = Object.entries(event).filter(([name, value]) => !isLeftOut(name) && value !== null && value !== undefined)
  const fields: Record<string, unknown> = Object.fromEntries(own.map(([name, value]) => [name, shown(event.type, name, value)]))
  if ('media' in event && event.media != null) fields.media = mediaBody(event.media, null, awaited(event))
  return capped({
    type: event.type,
    timestamp: isoInstant(event.occurredAt),
    head: headOf(eventHead(event), event.eventId),
    fields,
  })
}

/** A held message at its release: the same body, with what has become of its file. */
export function withOutcome(body: string, announced: Media, outcome: MediaOutcome | null): string {
  const delivery: Body = JSON.parse(body)
  return JSON.stringify({ ...delivery, data: { ...delivery.data, media: mediaBody(announced, outcome) } })
}

/** What media.updated needs of its message. */
export type MediaMessage = EventHead & { media: Media }

export function mediaUpdatedBody(of: {
  eventId: string
  occurredAt: number
  message: MediaMessage
  outcome: MediaOutcome
}): string {
  const { eventId, occurredAt, message, outcome } = of
  const data = { ...headOf(message, eventId), media: mediaBody(message.media, outcome) }
  return JSON.stringify({ type: 'media.updated', timestamp: isoInstant(occurredAt), data })
}

/** What a file is before anything became of it. */
const awaited = (event: Event): MediaStatus => (isOfHistory(event) ? 'skipped' : 'pending')

export function mediaBody(
  announced: Media,
  outcome: MediaOutcome | null,
  before: MediaStatus = 'pending',
): Record<string, unknown> {
  const known = { ...announced, ...withoutNulls(outcome?.known ?? {}) }
  const { mimetype, sizeBytes, sha256, fileName, width, height, durationSeconds, pages } = known
  const status = outcome?.status ?? before
  return withoutNulls({
    status,
    reason: outcome?.reason,
    mimetype: cut(mimetype),
    sizeBytes,
    sha256: cut(sha256),
    fileName: cut(fileName),
    width,
    height,
    durationSeconds,
    pages,
  })
}

/** Senders choose these texts. Longer than any file system takes, they could lift a body above the cap at its release. */
const MAX_TEXT_CHARACTERS = 1_000
const cut = (text: string | null | undefined) => text?.slice(0, MAX_TEXT_CHARACTERS).toWellFormed()

/** Instants are milliseconds in the log. */
function shown(type: string, name: string, value: unknown): unknown {
  const field = withInstants.get(`${type} ${name}`)
  return field === undefined ? withoutNulls(value) : withoutNulls(inWords(field, value))
}

/** Fields that are instants, or have some in them. */
const withInstants: ReadonlyMap<string, FieldType> = new Map(
  events.flatMap(({ type, fields }) =>
    Object.entries(fields).flatMap(([name, field]) => (hasInstant(field.type) ? [[`${type} ${name}`, field.type] as const] : [])),
  ),
)

function hasInstant(type: FieldType): boolean {
  if (typeof type === 'string') return type === 'instant'
  if ('optional' in type) return hasInstant(type.optional)
  if ('array' in type) return hasInstant(type.array)
  return Object.values(type.record.fields).some(field => hasInstant(field.type))
}

function inWords(type: FieldType, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (typeof type === 'string') return type === 'instant' && typeof value === 'number' ? isoInstant(value) : value
  if ('optional' in type) return inWords(type.optional, value)
  if ('array' in type) return Array.isArray(value) ? value.map(one => inWords(type.array, one)) : value
  const { fields } = type.record
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inWordsOf(fields[name], one)]))
}

const inWordsOf = (field: Field | undefined, value: unknown): unknown =>
  field === undefined ? value : inWords(field.type, value)

type Body = { type: string; timestamp: string; data: Record<string, unknown> }

/** Whether `data` has no field of this name of its own: its first fields say it, or nobody outside is told. */
export const isLeftOut = (name: string): boolean => notRepeated.has(name)

const notRepeated = new Set<string>([
  ...['eventId', 'type', 'instanceId', 'epoch', 'sequence', 'occurredAt', 'recordedAt'],
  ...['chatId', 'chatPn', 'senderId', 'senderPn', 'messageId', 'fromMe', 'raw', 'rawObject', 'mediaSource'],
])

/** The first fields of every type, in this order. */
const headOf = (head: EventHead, eventId: string): Record<string, unknown> => {
  const { instanceId, chatId, chatPn, senderId, senderPn, messageId, fromMe, sequence } = head
  return withoutNulls({ eventId, instanceId, chatId, chatPn, senderId, senderPn, messageId, fromMe, sequence })
}

/** Bytes never leave: they are keys and raw protobuf. */
function withoutNulls(value: object): Record<string, unknown>
function withoutNulls(value: unknown): unknown
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(one => withoutNulls(one))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined && !(one instanceof Uint8Array))
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutNulls(one)]))
}

/** Above the cap the largest own fields are left out and named in `omitted`: messages are whole in the read model, every event in the log. */
function capped(of: { type: string; timestamp: string; head: Record<string, unknown>; fields: Record<string, unknown> }): string {
  const { type, timestamp, head } = of
  const fields = { ...of.fields }
  const omitted: string[] = []
  for (;;) {
    const data = { ...head, ...fields, ...(omitted.length > 0 && { omitted }) }
    const body = JSON.stringify({ type, timestamp, data })
    const [largest] = Object.keys(fields).sort((a, b) => sizeBytesOf(fields[b]) - sizeBytesOf(fields[a]))
    if (Buffer.byteLength(body) <= MAX_BODY_BYTES || largest === undefined) return body
    delete fields[largest]
    omitted.push(largest)
  }
}

const sizeBytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
