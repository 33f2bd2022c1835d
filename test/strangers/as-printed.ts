// What the programs of examples/ have to print of a record, each in its language's own spelling of bytes and instants.
import type { Event } from '../../src/events/event.ts'
import type { ReadRecord } from './public-topics.ts'

/** Bytes as hex, instants as datetime.isoformat() of a time zone's datetime, wherever the schema says timestamp-millis. */
export const asPythonPrints = (record: ReadRecord) => ({
  ...placeOf(record),
  value: record.event === null ? hex(record.value) : pythonEvent(record.event),
})

/** GenericRecord.toString(): bytes as Latin-1, instants as milliseconds. What is not Avro is Base64. */
export const asJavaPrints = (record: ReadRecord) => ({
  ...placeOf(record),
  record: record.event === null ? null : recordNameOf(record.event),
  value: record.event === null ? base64(record.value) : plain(record.event, bytes => Buffer.from(bytes).toString('latin1')),
})

/** MessageReceived of message.received. */
export const recordNameOf = ({ type }: Event): string =>
  `zaplog.events.${type.replaceAll(/(?:^|[.-])(\w)/g, (_, initial: string) => initial.toUpperCase())}`

const placeOf = ({ topic, partition, offset, key, headers }: ReadRecord) => ({
  topic,
  partition,
  offset: Number(offset),
  key,
  headers,
})

const pythonEvent = (event: Event) => ({
  ...(plain(event, hex) as object),
  occurredAt: isoformat(event.occurredAt),
  recordedAt: isoformat(event.recordedAt),
})

/** Six decimals, or none where they are zero. */
const isoformat = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('.000Z', 'Z')
    .replace(/(\.\d+)?Z$/, (_, decimals = '') => `${decimals && `${decimals}000`}+00:00`)

function plain(value: unknown, bytesAs: (bytes: Uint8Array) => unknown): unknown {
  if (value instanceof Uint8Array) return bytesAs(value)
  if (Array.isArray(value)) return value.map(one => plain(one, bytesAs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, bytesAs)]))
}

const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
const base64 = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'))
