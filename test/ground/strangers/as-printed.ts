// What the programs of examples/ have to print of a record, each in its language's own spelling of bytes and instants.
import { expect } from 'vitest'
import { events } from '../../../src/events/definitions.ts'
import { envelope } from '../../../src/events/envelope.ts'
import type { Event } from '../../../src/events/event.ts'
import type { Field, FieldType } from '../../../src/events/schema-fields.ts'
import type { ReadRecord } from './public-topics.ts'

export type PrintedLine = { topic: string; key: string; value: unknown }

/** Bytes as hex, instants as str() of a time zone's datetime, wherever the schema says timestamp-millis. */
export const asPythonPrints = (record: ReadRecord): PrintedLine => line(record, pythonEvent)

/** GenericRecord.toString(): bytes as Latin-1, instants as milliseconds. */
export const asJavaPrints = (record: ReadRecord): PrintedLine =>
  line(record, event => plain(event, { bytes: bytes => Buffer.from(bytes).toString('latin1'), instant: at => at }))

/** Bytes as hex, instants as milliseconds. */
export const asNodePrints = (record: ReadRecord): PrintedLine =>
  line(record, event => plain(event, { bytes: bytes => Buffer.from(bytes).toString('hex'), instant: at => at }))

/** MessageReceived of message.received. */
export const recordNameOf = ({ type }: Event): string =>
  `zaplog.events.${type.replaceAll(/(?:^|[.-])(\w)/g, (_, initial: string) => initial.toUpperCase())}`

const line = ({ topic, key, value, event }: ReadRecord, printed: (event: Event) => unknown): PrintedLine => ({
  topic,
  key,
  value: event === null ? value && expect.stringMatching(/^not decoded: .*(Error|Exception)/) : printed(event),
})

const pythonEvent = (event: Event) => plain(event, { bytes: bytes => Buffer.from(bytes).toString('hex'), instant: asDatetime })

/** Six decimals, or none where they are zero. */
const asDatetime = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace('.000Z', 'Z')
    .replace(/(\.\d+)?Z$/, (_, decimals = '') => `${decimals && `${decimals}000`}+00:00`)

type Spelling = { bytes: (bytes: Uint8Array) => string; instant: (at: number) => unknown }

function plain(value: unknown, as: Spelling): unknown {
  if (value instanceof Uint8Array) return as.bytes(value)
  if (Array.isArray(value)) return value.map(one => plain(one, as))
  if (typeof value !== 'object' || value === null) return value
  const spell = ([name, one]: [string, unknown]) =>
    typeof one === 'number' && instants.has(name) ? as.instant(one) : plain(one, as)
  return Object.fromEntries(Object.entries(value).map(one => [one[0], spell(one)]))
}

/** The names of all fields that are instants, in whichever record. */
const instants: ReadonlySet<string> = new Set([envelope, ...events.map(({ fields }) => fields)].flatMap(instantsIn))

function instantsIn(fields: Readonly<Record<string, Field>>): readonly string[] {
  return Object.entries(fields).flatMap(([name, { type }]) => {
    const inner = innermost(type)
    if (inner === 'instant') return [name]
    return typeof inner === 'object' && 'record' in inner ? instantsIn(inner.record.fields) : []
  })
}

function innermost(type: FieldType): FieldType {
  if (typeof type !== 'object' || 'record' in type) return type
  return innermost('array' in type ? type.array : type.optional)
}
