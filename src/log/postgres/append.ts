// append on Postgres: one autocommitted statement per send, partitions in ascending order, durable when answered.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type Group, sizeOf } from '../append/append-queue.ts'
import { type Appends, createAppends } from '../append/appends.ts'
import { LogError, type NewRecord, type Position } from '../log.ts'
import { toLogError } from './errors.ts'
import { findTopic, type Topic } from './topics.ts'

type Deps = {
  database: Database
  /** At once, each over its own connection. */
  sends: number
  logger: Logger
  metrics: Metrics
  /** Called after the commit with the new ends. */
  appended(positions: readonly Position[]): void
}

export function createPostgresAppend({ database, sends: count, logger, metrics, appended }: Deps): Appends {
  async function send(groups: readonly Group[]): Promise<readonly bigint[]> {
    const ends = await sendGroups(database, groups)
    appended(groups.map(({ topic, partition }, index) => ({ topic, partition, nextOffset: ends[index] ?? 0n })))
    return ends
  }
  const sends = Array.from({ length: count }, () => send)
  return createAppends<Topic>({ sends, findTopic: name => findTopic(database, name), assertTakeable, logger, metrics })
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

/** One statement, its partitions ascending so that two sends cannot deadlock; groups of one partition keep the order given. */
async function sendGroups(database: Database, groups: readonly Group[]): Promise<readonly bigint[]> {
  const runs = runsOf(groups)
  const records = runs.flatMap(run => run.groups.flatMap(group => group.records))
  try {
    const rows = await database.query<{ group_index: number; end_offset: string }>(
      'select group_index, end_offset from log_append($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        runs.map(run => run.topic),
        runs.map(run => run.partition),
        runs.map(run => run.groups.reduce((sum, group) => sum + group.records.length, 0)),
        records.map(record => record.key.toWellFormed()),
        records.map(record => record.value),
        records.map(headersText),
        records.map(record => new Date(record.recordedAt).toISOString()),
        records.map(sizeOf),
      ],
    )
    const ends = new Map<Group, bigint>()
    for (const row of rows) {
      let end = BigInt(row.end_offset)
      for (const group of runs[row.group_index - 1]?.groups.toReversed() ?? []) {
        ends.set(group, end)
        end -= BigInt(group.records.length)
      }
    }
    return groups.flatMap(group => ends.get(group) ?? [])
  } catch (error) {
    throw toLogError(`appending ${records.length} records to ${[...new Set(groups.map(group => group.topic))].join(', ')}`, error)
  }
}

type Run = { topic: string; partition: number; groups: Group[] }

function runsOf(groups: readonly Group[]): Run[] {
  const runs = new Map<string, Run>()
  for (const group of groups) {
    const name = `${group.topic}/${group.partition}`
    const run = runs.get(name) ?? { topic: group.topic, partition: group.partition, groups: [] }
    run.groups.push(group)
    runs.set(name, run)
  }
  return [...runs.values()].sort(ascending)
}

const ascending = (a: Run, b: Run) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)

const headersText = ({ headers }: NewRecord) =>
  JSON.stringify(Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toWellFormed(), text.toWellFormed()])))
