// append on Postgres: one autocommitted statement per send, partitions in ascending order, durable when answered.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type Appends, type CountedAs, createAppends } from '../append/appends.ts'
import { type PartitionAppend, sizeOf } from '../append/send-queue.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import { LogError, type NewRecord, type Position } from '../log.ts'
import { toLogError } from './errors.ts'
import { findTopic, type Topic } from './topics.ts'

type Deps = {
  database: Database
  /** At once, each over its own connection. */
  sends: number
  logger: Logger
  metrics: Metrics
  countedAs?: CountedAs
  /** Are told after the commit what is where, and the new ends. */
  recent: Pick<RecentRecords, 'keep'>
  appended(positions: readonly Position[]): void
}

export function createPostgresAppend({ database, sends: count, recent, appended, ...counting }: Deps): Appends {
  async function send(appends: readonly PartitionAppend[]): Promise<readonly bigint[]> {
    const ends = await sendTogether(database, appends)
    const placed = appends.map((append, index) => ({ ...append, nextOffset: ends[index] ?? 0n }))
    for (const { records, nextOffset, ...at } of placed) recent.keep(at, nextOffset - BigInt(records.length), records)
    appended(placed.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset })))
    return ends
  }
  const sends = Array.from({ length: count }, () => send)
  return createAppends<Topic>({ sends, findTopic: name => findTopic(database, name), assertTakeable, ...counting })
}

/** Throws LogError for a record that the log would never take. */
function assertTakeable(record: NewRecord, { topic, maxRecordBytes }: Topic): void {
  const sizeBytes = sizeOf(record)
  if (sizeBytes > maxRecordBytes)
    throw new LogError(
      'record-too-large',
      `appending to ${topic}: a record of ${sizeBytes} bytes, at most ${maxRecordBytes} are taken`,
    )
  // Postgres has no such character in text.
  if (
    record.key.includes('\0') ||
    Object.entries(record.headers)
      .flat()
      .some(text => text.includes('\0'))
  )
    throw new LogError('record-refused', `appending to ${topic}: expected a key and headers without NUL characters`)
  if (Number.isNaN(new Date(record.recordedAt).getTime()))
    throw new LogError('record-refused', `appending to ${topic}: expected recordedAt in epoch ms, got ${record.recordedAt}`)
}

/** One statement, its partitions ascending so that two sends cannot deadlock; appends of one partition keep the order given. */
async function sendTogether(database: Database, appends: readonly PartitionAppend[]): Promise<readonly bigint[]> {
  const runs = runsOf(appends)
  const records = runs.flatMap(run => run.appends.flatMap(append => append.records))
  try {
    const rows = await database.query<{ group_index: number; end_offset: string }>(
      'select group_index, end_offset from log_append($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        runs.map(run => run.topic),
        runs.map(run => run.partition),
        runs.map(run => run.appends.reduce((sum, append) => sum + append.records.length, 0)),
        records.map(record => record.key.toWellFormed()),
        records.map(record => record.value),
        records.map(headersText),
        records.map(record => new Date(record.recordedAt).toISOString()),
        records.map(sizeOf),
      ],
    )
    const ends = new Map<PartitionAppend, bigint>()
    for (const row of rows) {
      let end = BigInt(row.end_offset)
      for (const append of runs[row.group_index - 1]?.appends.toReversed() ?? []) {
        ends.set(append, end)
        end -= BigInt(append.records.length)
      }
    }
    return appends.flatMap(append => ends.get(append) ?? [])
  } catch (error) {
    throw toLogError(
      `appending ${records.length} records to ${[...new Set(appends.map(append => append.topic))].join(', ')}`,
      error,
    )
  }
}

type Run = { topic: string; partition: number; appends: PartitionAppend[] }

function runsOf(appends: readonly PartitionAppend[]): Run[] {
  const runs = new Map<string, Run>()
  for (const append of appends) {
    const name = `${append.topic}/${append.partition}`
    const run = runs.get(name) ?? { topic: append.topic, partition: append.partition, appends: [] }
    run.appends.push(append)
    runs.set(name, run)
  }
  return [...runs.values()].sort(ascending)
}

const ascending = (a: Run, b: Run) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)

export const headersText = ({ headers }: NewRecord) =>
  JSON.stringify(Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toWellFormed(), text.toWellFormed()])))
