// Reads partitions of the log in Postgres: dense offsets, each checked to be the one before plus one, so that nothing is skipped.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { PartitionReader, ReadLimits } from '../engine/partition-reader.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import { waitedFor } from '../engine/waited-for.ts'
import { type Batch, LogError, type LogRecord, type Position, type TopicPartition } from '../log.ts'
import { toLogError } from './errors.ts'
import type { Tails } from './tails.ts'

const NOTHING_READ_MS = 20

type Deps = { database: Database; tails: Tails; recent: RecentRecords; logger: Logger }

export function openPostgresReader({ database, tails, recent, logger }: Deps, from: Position): PartitionReader {
  const follower = recent.follow(from)
  let nextOffset = from.nextOffset
  let endOffset = from.nextOffset
  /** The position was found to be inside the log: from there on, an end that was told need not be asked for. */
  let isAsked = false
  const here = (): Position => ({ topic: from.topic, partition: from.partition, nextOffset })

  async function asked<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const answer = await waitedFor(`${from.topic}/${from.partition}`, ask, { logger, signal })
    if (answer === null) throw abortedReading(here())
    return answer
  }

  async function askForEnd(signal: AbortSignal): Promise<bigint> {
    const range = await asked(() => readRange({ database, tails }, from), signal)
    assertInside(here(), range)
    isAsked = true
    follower.moveTo(nextOffset)
    return range.endOffset
  }

  async function waitForEnd(signal: AbortSignal): Promise<bigint> {
    const end = await tails.moved(here(), signal)
    if (end === null) throw abortedReading(here())
    // Nothing ends before its reader: whether this is still the same log is for Postgres to say.
    if (end < nextOffset) isAsked = false
    return end
  }

  /** Never says that there is more than Postgres said: a batch consumer would wait here while its other topics have records. */
  async function ready(signal: AbortSignal) {
    if (isAsked) endOffset = later(endOffset, tails.known(from))
    while (endOffset <= nextOffset) endOffset = await (isAsked ? waitForEnd(signal) : askForEnd(signal))
  }

  async function next(limits: ReadLimits, signal: AbortSignal): Promise<Batch> {
    for (;;) {
      await ready(signal)
      const kept = follower.take(limits)
      const records = kept.length > 0 ? kept : await asked(() => readRecords(database, here(), limits), signal)
      const fromOffset = nextOffset
      nextOffset += BigInt(records.length)
      if (kept.length === 0 && records.length > 0) follower.moveTo(nextOffset)
      if (records.length > 0) return { topic: from.topic, partition: from.partition, fromOffset, nextOffset, records }
      // Trimmed since: `ready` asks, and says so.
      endOffset = nextOffset
      isAsked = false
      await wait(NOTHING_READ_MS, signal)
    }
  }

  return { ready, next, close: follower.close }
}

const later = (one: bigint, other: bigint): bigint => (one > other ? one : other)

type Bounds = { firstOffset: bigint; endOffset: bigint }

/** What was known of its end is as the answer says from then on: a reader that waits for another end would not wait. */
export async function readRange(
  { database, tails }: { database: Database; tails: Pick<Tails, 'ask'> },
  { topic, partition }: TopicPartition,
): Promise<Bounds> {
  const look = tails.ask()
  const [row] = await reading(`the ends of ${topic}/${partition}`, () =>
    database.query<{ first_offset: string; next_offset: string }>(
      'select first_offset, next_offset from log_partitions where topic = $1 and partition = $2',
      [topic, partition],
    ),
  )
  if (row === undefined) throw new LogError('topic-missing', `reading ${topic}/${partition}: the log has no such partition`)
  const bounds = { firstOffset: BigInt(row.first_offset), endOffset: BigInt(row.next_offset) }
  look.found({ topic, partition, nextOffset: bounds.endOffset })
  return bounds
}

export function assertInside({ topic, partition, nextOffset }: Position, { firstOffset, endOffset }: Bounds) {
  if (nextOffset < firstOffset || nextOffset > endOffset)
    throw new LogError(
      'truncated',
      `reading ${topic}/${partition} from offset ${nextOffset}: the log has ${firstOffset} to ${endOffset}`,
    )
}

type Row = { offset: string; key: string; value: Buffer | null; headers: Record<string, string>; recorded_at: Date }

type Page = { topic: string; partition: string; offset: string; maxRecords: string; maxBytes: string }

/** A statement, of parts of SQL. Sizes add up before values are fetched, so that a limit on bytes holds inside Postgres too. */
export const recordsFrom = ({ topic, partition, offset, maxRecords, maxBytes }: Page): string => `
  select "offset", key, value, headers, recorded_at from (
    select *, sum(size_bytes) over (order by "offset") - size_bytes as bytes_before from (
      select * from log_records where topic = ${topic} and partition = ${partition} and "offset" >= ${offset} order by "offset" limit ${maxRecords}
    ) limited
  ) counted where "offset" = ${offset} or bytes_before + size_bytes <= ${maxBytes} order by "offset"`

/** The records from a position on, none missing; fewer than there are where a limit is reached. */
export async function readRecords(database: Database, from: Position, limits: ReadLimits): Promise<LogRecord[]> {
  const { topic, partition, nextOffset } = from
  const rows = await reading(`${topic}/${partition} from offset ${nextOffset}`, () =>
    database.query<Row>(recordsFrom({ topic: '$1', partition: '$2', offset: '$3', maxRecords: '$4', maxBytes: '$5' }), [
      topic,
      partition,
      nextOffset.toString(),
      limits.maxRecords,
      limits.maxBytes,
    ]),
  )
  return rows.map((row, index) => {
    const offset = BigInt(row.offset)
    if (offset !== nextOffset + BigInt(index))
      throw new LogError(
        'truncated',
        `reading ${topic}/${partition}: expected offset ${nextOffset + BigInt(index)}, got ${offset}`,
      )
    const { key, value, headers, recorded_at } = row
    return { topic, partition, offset, key, value, headers, recordedAt: recorded_at.getTime() }
  })
}

const reading = async <Answer>(what: string, query: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await query()
  } catch (error) {
    throw toLogError(`reading ${what}`, error)
  }
}

const abortedReading = ({ topic, partition }: TopicPartition) => new LogError('aborted', `reading ${topic}/${partition}: aborted`)
