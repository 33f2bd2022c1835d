// What the programs of examples/ have to print of a record, each in its language's own spelling of bytes and instants.
import { expect } from 'vitest'
import type { Event } from '../../../src/events/event.ts'
import type { ReadRecord } from './public-topics.ts'

export type PrintedLine = { topic: string; key: string; value: unknown }

/** Bytes as hex, instants as str() of a time zone's datetime, wherever the schema says timestamp-millis. */
export const asPythonPrints = (record: ReadRecord): PrintedLine => line(record, pythonEvent)

/** GenericRecord.toString(): bytes as Latin-1, instants as milliseconds. */
export const asJavaPrints = (record: ReadRecord): PrintedLine =>
  line(record, event => plain(event, bytes => Buffer.from(bytes).toString('latin1')))

/** MessageReceived of message.received. */
export const recordNameOf = ({ type }: Event): string =>
  `zaplog.events.${type.replaceAll(/(?:^|[.-])(\w)/g, (_, initial: string) => initial.toUpperCase())}`

const line = ({ topic, key, value, event }: ReadRecord, printed: (event: Event) => unknown): PrintedLine => ({
  topic,
  key,
  value: event === null ? value && expect.stringMatching(/^not decoded: .*(Error|Exception)/) : printed(event),
})

const pythonEvent = (event: Event) => ({
  ...(plain(event, bytes => Buffer.from(bytes).toString('hex')) as object),
  occurredAt: asDatetime(event.occurredAt),
  recordedAt: asDatetime(event.recordedAt),
})

/** Six decimals, or none where they are zero. */
const asDatetime = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace('.000Z', 'Z')
    .replace(/(\.\d+)?Z$/, (_, decimals = '') => `${decimals && `${decimals}000`}+00:00`)

function plain(value: unknown, bytesAs: (bytes: Uint8Array) => unknown): unknown {
  if (value instanceof Uint8Array) return bytesAs(value)
  if (Array.isArray(value)) return value.map(one => plain(one, bytesAs))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, bytesAs)]))
}
