// A record of the dead letters: what it says of itself, and the record that it was. Pure.
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
  const of = (name: string): string | null => record.headers[name] ?? null
  const number = (name: string, otherwise: number) => (isInteger(of(name)) ? Number(of(name)) : otherwise)
  const processor = of('x-processor') ?? 'unknown'
  const place = {
    originTopic: of('x-origin-topic') ?? record.topic,
    originPartition: number('x-origin-partition', -1),
    originOffset: isInteger(of('x-origin-offset')) ? BigInt(of('x-origin-offset') ?? -1) : -1n,
  }
  return {
    deadLetterId: idOf({ ...place, processor, eventId: of('event-id'), record }),
    source: sourceOf(processor, parties),
    processor,
    instanceId: storable(of('instance-id') ?? record.key),
    key: storable(record.key),
    eventId: of('event-id'),
    eventType: of('event-type'),
    ...{ partition: record.partition, offset: record.offset },
    ...place,
    code: of('x-error-code') ?? 'unknown',
    message: of('x-error-message') ?? '',
    attempts: number('x-attempts', 1),
    failedAt: number('x-first-failed-at', record.recordedAt),
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

const isInteger = (text: string | null): boolean => text !== null && /^-?\d{1,18}$/.test(text)

/** Postgres has no place for one character. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed()

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
