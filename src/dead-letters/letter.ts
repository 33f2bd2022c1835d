// A record of the dead letters: what it says of itself, and the record that it was. Anybody may have written it: what it says is taken as far as a row
// and an index have room for it, and what cannot be is as if it were not said. Pure.
import { createHash } from 'node:crypto'
import { type DeadLetterSource, deadLetterSources } from '../events/vocabulary.ts'
import type { LogRecord } from '../log/log.ts'

export type Letter = {
  /** The same for every copy, and for the same record that dies again. */
  deadLetterId: string
  source: DeadLetterSource
  processor: string
  instanceId: string
  key: string
  eventId: string | null
  eventType: string | null
  partition: number
  offset: bigint
  originTopic: string
  originPartition: number
  originOffset: bigint
  code: string
  message: string
  attempts: number
  failedAt: number
}

/** `projections`: titles of all that there are; `deliveries`: the consumer group of the bridge. */
export type Parties = { projections: readonly string[]; deliveries: string }

export const deadLetterIdPattern = /^dl_[0-9a-f]{24}$/

export function letterOf(record: LogRecord, parties: Parties): Letter {
  const said = (name: string): string | null => record.headers[name] ?? null
  const text = (name: string): string | null => {
    const whole = said(name)
    return whole === null ? null : storable(whole)
  }
  const number = (name: string, range: Range, otherwise: number) => Number(integerIn(said(name), range) ?? otherwise)
  const processor = said('x-processor') ?? 'unknown'
  const place = {
    originTopic: said('x-origin-topic') ?? record.topic,
    originPartition: number('x-origin-partition', { from: 0n, to: mostOfInteger }, -1),
    originOffset: integerIn(said('x-origin-offset'), { from: 0n, to: mostOfBigint }) ?? -1n,
  }
  return {
    deadLetterId: idOf({ ...place, processor, eventId: said('event-id'), record }),
    source: sourceOf(processor, parties),
    processor: storable(processor),
    instanceId: storable(said('instance-id') ?? record.key),
    key: storable(record.key),
    eventId: text('event-id'),
    eventType: text('event-type'),
    ...{ partition: record.partition, offset: record.offset },
    ...{ ...place, originTopic: storable(place.originTopic) },
    code: text('x-error-code') ?? 'unknown',
    message: storable(said('x-error-message') ?? '', MOST_OF_MESSAGE),
    attempts: number('x-attempts', { from: 0n, to: mostOfInteger }, 1),
    failedAt: number('x-first-failed-at', instants, Math.min(Math.max(record.recordedAt, 0), Number(instants.to))),
  }
}

/** As it was where it failed. */
export const originalOf = (record: LogRecord, letter: Letter): LogRecord => ({
  ...record,
  topic: letter.originTopic,
  partition: letter.originPartition,
  offset: letter.originOffset,
  headers: Object.fromEntries(Object.entries(record.headers).filter(([name]) => !own.has(name))),
})

const own = new Set([
  ...['x-origin-topic', 'x-origin-partition', 'x-origin-offset', 'x-origin-timestamp'],
  ...['x-error-code', 'x-error-message', 'x-attempts', 'x-processor', 'x-first-failed-at'],
])

type Range = { from: bigint; to: bigint }
/** Of Postgres. */
const [mostOfInteger, mostOfBigint] = [2n ** 31n - 1n, 2n ** 63n - 1n]
/** In ms: those that an answer and a cursor have room for. */
const instants: Range = { from: 0n, to: BigInt(Date.UTC(9999, 11, 31)) }

/** null: it is none of them. */
function integerIn(text: string | null, { from, to }: Range): bigint | null {
  if (text === null || !/^\d{1,19}$/.test(text)) return null
  const number = BigInt(text)
  return from <= number && number <= to ? number : null
}

/** In characters, of which one index has three texts: no topic is named longer. */
const MOST = 249
const MOST_OF_MESSAGE = 2_000

/** Postgres has no place for one character, and its indexes none for long texts: those are cut. */
const storable = (text: string, most = MOST): string => text.slice(0, most).replaceAll('\0', '\uFFFD').toWellFormed()

const sourceOf = (processor: string, { projections, deliveries }: Parties): DeadLetterSource => {
  const [ofProcessor, ofDelivery, ofProjection] = deadLetterSources.here
  if (processor === deliveries) return ofDelivery
  return projections.includes(processor) ? ofProjection : ofProcessor
}

type Identifying = Pick<Letter, 'processor' | 'originTopic' | 'originPartition' | 'originOffset' | 'eventId'> & {
  record: LogRecord
}

/** What never had a place is told apart by its event, and where it has none by its place here. */
function idOf({ processor, originTopic, originPartition, originOffset, eventId, record }: Identifying): string {
  const place = originOffset >= 0n ? `${originPartition}/${originOffset}` : (eventId ?? `${record.partition}:${record.offset}`)
  return `dl_${createHash('sha256').update(`${processor}\n${originTopic}\n${place}`).digest('hex').slice(0, 24)}`
}
