// Events to records and back: Confluent wire format (0x00, schema id, Avro) with the headers of docs/contract.md, lossless both ways.
import { readFile } from 'node:fs/promises'
import avro from 'avsc'
import { CodedError } from '../runtime/coded-error.ts'
import { type Event, type EventType, eventTypes } from './event.ts'

/** What the codec needs of a schema registry; the registry port fits. */
export type SchemaIds = {
  idOf(schema: { subject: string; text: string }, signal: AbortSignal): Promise<number>
  schemaOf(id: number, signal: AbortSignal): Promise<{ subject: string; text: string } | null>
}
export type EncodedEvent = { key: string; value: Buffer; headers: Readonly<Record<string, string>>; recordedAt: number }

export type Codec = {
  /** Rejects EventError `not-encodable` with the field; the key is the instance id unless another is given. */
  encode(event: Event, key?: string, headers?: Readonly<Record<string, string>>): EncodedEvent
  /**
   * null: an event type that this version does not know, written by a newer one; consumers pass it over.
   * Rejects EventError `not-decodable`; a registry that cannot be reached rejects with its own retryable error.
   * `shared`: of a record that others are handed too. It is decoded once, unless its event is much larger than its bytes: all are answered the
   * same event, which nobody can change, and nobody writes to its bytes.
   */
  decode(value: Uint8Array | null, signal: AbortSignal, shared?: Shared): Promise<Event | null>
  /** In the registry, of the schema that this version writes. */
  schemaId(type: EventType): number
}
/** Where the codec keeps what it decoded, for as long as whoever made it keeps it; nobody else looks inside. */
export type Shared = { decoded?: unknown }

export type EventErrorCode = 'not-encodable' | 'not-decodable'
export class EventError extends CodedError<EventErrorCode> {
  override name = 'EventError'
  readonly port = 'events'
  constructor(code: EventErrorCode, message: string, options: { cause?: unknown } = {}) {
    super({ code, message, retryable: false, cause: options.cause })
  }
}

/** Resolves every schema's id first, so that an outage of the registry later hurts only schemas this version has never seen. */
export async function openCodec(registry: SchemaIds, signal: AbortSignal): Promise<Codec> {
  const writers = new Map<EventType, { id: number; schema: avro.Type }>()
  const readers = new Map<number, Reader>()
  for (const type of eventTypes) {
    const text = await readSchema(type)
    const schema = parseSchema(text)
    const id = await registry.idOf({ subject: schema.name ?? type, text }, signal)
    writers.set(type, { id, schema })
    readers.set(id, body => ofType(type, schema.fromBuffer(body)))
  }
  const current = new Map([...writers].map(([type, { schema }]) => [schema.name, { type, schema }]))

  function writerOf(type: EventType) {
    const writer = writers.get(type)
    if (writer === undefined) throw new EventError('not-encodable', `encoding an event: no schema for type ${type}`)
    return writer
  }

  const encode: Codec['encode'] = (event, key = event.instanceId, headers = {}) => {
    const writer = writerOf(event.type)
    return {
      key,
      value: frame(writer.id, writer.schema, event),
      headers: { ...headersOf(event), ...headers },
      recordedAt: event.recordedAt,
    }
  }

  const decode: Codec['decode'] = async (value, signal, shared) => {
    if (shared?.decoded !== undefined) return shared.decoded as Event | null
    const { id, body } = unframe(value)
    const read = readers.get(id) ?? (await learn(id, signal))
    const event = readWith(read, { id, body })
    if (shared !== undefined && freeze(event) <= SHARED_PARTS + body.length / BYTES_OF_PART) shared.decoded = event
    return event
  }

  /** A record of an older or newer version is read as the current one: missing fields null, unknown ones dropped. */
  async function learn(id: number, signal: AbortSignal): Promise<Reader> {
    const found = await registry.schemaOf(id, signal)
    if (found === null) throw new EventError('not-decodable', `decoding a record: the registry has no schema ${id}`)
    const writer = parseSchema(found.text)
    const known = current.get(writer.name)
    const resolver = known?.schema.createResolver(writer)
    const read: Reader = known === undefined ? () => null : body => ofType(known.type, known.schema.fromBuffer(body, resolver))
    readers.set(id, read)
    return read
  }

  const schemaId: Codec['schemaId'] = type => writerOf(type).id

  return { encode, decode, schemaId }
}

/** null: of a type that this version does not know. */
type Reader = (body: Buffer) => object | null

/** A registry that lost its memory gives ids out anew: a record that names one was written with another schema, which begins alike and says its type. */
function ofType<Read extends { type?: unknown }>(type: EventType, event: Read): Read {
  if (event.type !== type) throw new Error(`expected an event of ${type}, got ${String(event.type).slice(0, 100)}`)
  return event
}

function readWith(read: Reader, { id, body }: { id: number; body: Buffer }): Event | null {
  try {
    const event = read(body)
    return event === null ? null : ({ ...event } as Event)
  } catch (cause) {
    throw new EventError('not-decodable', `decoding a record of schema ${id}: ${String(cause)}`, { cause })
  }
}

/** A part takes about 50 bytes, and may have been one of the record: a sender could have thirty times their size kept for others. */
const SHARED_PARTS = 64
const BYTES_OF_PART = 8

/** All the way down, but for bytes, which cannot be. Answers how many parts it has: objects, lists, bytes and texts. */
function freeze(part: unknown): number {
  if (typeof part === 'string') return 1
  if (typeof part !== 'object' || part === null) return 0
  if (ArrayBuffer.isView(part)) return 1
  Object.freeze(part)
  return Object.values(part).reduce((parts: number, value) => parts + freeze(value), 1)
}

const directory = new URL('../../schemas/', import.meta.url)
const readSchema = (type: EventType): Promise<string> => readFile(new URL(`${type}.avsc`, directory), 'utf8')
/** Two schemas of one process may share record names, hence a registry of names per schema. */
const parseSchema = (text: string): avro.Type => avro.Type.forSchema(JSON.parse(text), { registry: {} })

const headersOf = (event: Event) => ({
  'event-id': event.eventId,
  'event-type': event.type,
  'instance-id': event.instanceId,
  epoch: String(event.epoch),
  // No traceparent where nobody traces: whoever follows one that was made up, unsampled, traces nothing of its own.
})

function frame(id: number, schema: avro.Type, event: Event): Buffer {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  try {
    return Buffer.concat([head, schema.toBuffer(event)])
  } catch (cause) {
    throw new EventError('not-encodable', `encoding ${event.type} ${event.eventId}: ${reasonOf(schema, event, cause)}`, { cause })
  }
}

/** avsc names the failing path only when asked again. */
function reasonOf(schema: avro.Type, event: Event, cause: unknown): string {
  const wrong: string[] = []
  schema.isValid(event, {
    errorHook: (path, value, type) => void wrong.push(`${path.join('.')}: expected ${type}, got ${typeof value}`),
  })
  return wrong.length > 0 ? wrong.join('; ') : String(cause)
}

function unframe(value: Uint8Array | null): { id: number; body: Buffer } {
  if (value === null) throw new EventError('not-decodable', 'decoding a record: expected a value, got a tombstone')
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length < 5 || bytes[0] !== 0)
    throw new EventError(
      'not-decodable',
      `decoding a record of ${bytes.length} bytes: expected 0x00 and a schema id, got 0x${bytes.toString('hex', 0, 5)}`,
    )
  return { id: bytes.readInt32BE(1), body: bytes.subarray(5) }
}
