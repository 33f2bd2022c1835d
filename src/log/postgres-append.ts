// append on Postgres: one autocommitted statement per send, partitions in ascending order, durable when answered.
import type { Database } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { isWorthSaying, wait } from '../runtime/wait.ts'
import { createAppendQueue, type Group, sizeOf } from './append-queue.ts'
import { type Append, type EventLog, LogError, type NewRecord, type Position } from './log.ts'
import { partitionOf } from './partitioner.ts'
import { toLogError } from './postgres-errors.ts'
import { findTopic, type Topic } from './postgres-topics.ts'

export type PostgresAppend = { append: EventLog['append']; close(): Promise<void> }
type Deps = {
  database: Database
  logger: Logger
  metrics: Metrics
  /** Called after the commit with the new ends. */
  appended(positions: readonly Position[]): void
}

/** Sends at once, each over its own connection; a partition always goes through the same queue, which keeps its order. */
const QUEUES = 4
const LOOKUP_RETRY_MS = 250

export function createPostgresAppend({ database, logger, metrics, appended }: Deps): PostgresAppend {
  const seconds = metrics.histogram({ name: 'zaplog_log_append_seconds', help: 'Time of one durable send to the log' })
  const records = metrics.counter({
    name: 'zaplog_log_records_appended_total',
    help: 'Records durable in the log',
    labels: ['topic'],
  })
  const retries = metrics.counter({
    name: 'zaplog_log_append_retries_total',
    help: 'Sends repeated because the log was unavailable',
  })
  const closing = new AbortController()

  const queues = Array.from({ length: QUEUES }, () => createAppendQueue(send, { onRetry: sayRetried }))

  function sayRetried(error: LogError, attempt: number) {
    retries.inc()
    if (isWorthSaying(attempt)) logger.warn('log.append-retried', { attempt, error })
  }

  async function send(groups: readonly Group[]): Promise<readonly bigint[]> {
    const done = seconds.startTimer()
    const ends = await sendGroups(database, groups).catch(error => {
      // A topic deleted since it was looked up: whoever appends next asks again.
      if (error.code === 'topic-missing') for (const { topic } of groups) lookups.delete(topic)
      throw error
    })
    done()
    for (const { topic, records: sent } of groups) records.inc({ topic }, sent.length)
    appended(groups.map(({ topic, partition }, index) => ({ topic, partition, nextOffset: ends[index] ?? 0n })))
    return ends
  }

  /** A topic that is not known yet is looked up until Postgres answers; calls made meanwhile keep their order behind it. */
  async function lookUp(topic: string, signal: AbortSignal): Promise<Topic> {
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw abortedBefore(topic)
      try {
        return await findTopic(database, topic)
      } catch (error) {
        if (!(error instanceof LogError) || !error.retryable) throw error
        sayRetried(error, attempt)
        await wait(LOOKUP_RETRY_MS, signal)
      }
    }
  }

  const lookups = new Map<string, Promise<Topic>>()
  function topicOf(name: string): Promise<Topic> {
    const known = lookups.get(name)
    if (known !== undefined) return known
    const found = lookUp(name, closing.signal)
    lookups.set(name, found)
    found.catch(() => lookups.delete(name))
    return found
  }

  return {
    append: async (append, signal) => {
      if (append.records.length === 0) return []
      const topic = await orAbort(topicOf(append.topic), () => abortedBefore(append.topic), signal)
      const groups = groupByPartition(append, topic)
      return Promise.all(groups.map(group => queueOf(queues, group).append(group, signal)))
    },
    close: async () => {
      closing.abort()
      await Promise.all(queues.map(queue => queue.close()))
    },
  }
}

function queueOf<Queue>(queues: readonly Queue[], { topic, partition }: Group): Queue {
  const queue = queues[(partition + topic.length) % queues.length]
  if (queue === undefined) throw new RangeError('choosing a queue: there is none')
  return queue
}

const abortedBefore = (topic: string) => new LogError('aborted', `appending to ${topic}: aborted before anything was sent`)

/** Rejects what the log would never take before anything of the call is sent. */
function groupByPartition(append: Append, topic: Topic): Group[] {
  const groups = new Map<number, Group & { records: NewRecord[] }>()
  for (const record of append.records) {
    const sizeBytes = checkedSize(record, topic)
    const partition = partitionOf(record.key, topic.partitions)
    const group = groups.get(partition) ?? { topic: topic.topic, partition, records: [], sizeBytes: 0 }
    group.records.push(record)
    group.sizeBytes += sizeBytes
    groups.set(partition, group)
  }
  return [...groups.values()]
}

function checkedSize(record: NewRecord, { topic, maxRecordBytes }: Topic): number {
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
    throw new LogError('denied', `appending to ${topic}: expected a key and headers without NUL characters`)
  return sizeBytes
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
