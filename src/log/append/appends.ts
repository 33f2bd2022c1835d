// append, as every adapter does it: records are checked and grouped by partition before anything of a call is sent, a partition always
// goes through the same queue, which keeps its order, and topics are looked up once.
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import { type Append, type EventLog, LogError, type NewRecord } from '../log.ts'
import { createAppendQueue, type Group, sizeOf } from './append-queue.ts'
import { partitionOf } from './partitioner.ts'

export type Appends = { append: EventLog['append']; close(): Promise<void> }
type Deps<Topic> = {
  /** One for each queue, which calls it with one send at a time. Answers the offset after the last record of each group; rejects LogError. */
  sends: readonly ((groups: readonly Group[], topicOf: TopicOf<Topic>) => Promise<readonly bigint[]>)[]
  /** Rejects LogError. */
  findTopic(name: string): Promise<Topic>
  /** Throws LogError for what the log would never take. */
  assertTakeable(record: NewRecord, topic: Topic): void
  logger: Logger
  metrics: Metrics
}
type TopicOf<Topic> = (name: string) => Promise<Topic>

const LOOKUP_RETRY_MS = 250

export function createAppends<Topic extends { topic: string; partitions: number }>(deps: Deps<Topic>): Appends {
  const { logger, metrics } = deps
  const seconds = metrics.histogram({ name: 'zaplog_log_append_seconds', help: 'Time of one durable send to the log' })
  const counted = metrics.counter({
    name: 'zaplog_log_records_appended_total',
    help: 'Records durable in the log',
    labels: ['topic'],
  })
  const retries = metrics.counter({
    name: 'zaplog_log_append_retries_total',
    help: 'Sends repeated because the log was unavailable',
  })
  const closing = new AbortController()
  const topics = new Map<string, Promise<Topic>>()
  const queues = deps.sends.map(send => createAppendQueue(groups => sendTimed(send, groups), { onRetry: sayRetried }))

  async function sendTimed(send: Deps<Topic>['sends'][number], groups: readonly Group[]): Promise<readonly bigint[]> {
    const done = seconds.startTimer()
    const ends = await send(groups, topicOf).catch(error => {
      // Deleted since it was looked up: whoever appends next asks again.
      if (error.code === 'topic-missing') for (const { topic } of groups) topics.delete(topic)
      throw error
    })
    done()
    for (const { topic, records } of groups) counted.inc({ topic }, records.length)
    return ends
  }

  function sayRetried(error: LogError, attempt: number) {
    retries.inc()
    if (isWorthSaying(attempt)) logger.warn('log.append-retried', { attempt, error })
  }

  /** A topic that is not known yet is looked up until the log answers; calls made meanwhile keep their order behind it. */
  function topicOf(name: string): Promise<Topic> {
    const known = topics.get(name)
    if (known !== undefined) return known
    const found = lookUp(name)
    topics.set(name, found)
    found.catch(() => topics.delete(name))
    return found
  }

  async function lookUp(topic: string): Promise<Topic> {
    for (let attempt = 1; ; attempt += 1) {
      if (closing.signal.aborted) throw abortedBefore(topic)
      try {
        return await deps.findTopic(topic)
      } catch (error) {
        if (!(error instanceof LogError) || !error.retryable) throw error
        sayRetried(error, attempt)
        await wait(LOOKUP_RETRY_MS, closing.signal)
      }
    }
  }

  return {
    append: async (append, signal) => {
      if (append.records.length === 0) return []
      const topic = await orAbort(topicOf(append.topic), () => abortedBefore(append.topic), signal)
      for (const record of append.records) deps.assertTakeable(record, topic)
      return Promise.all(groupByPartition(append, topic.partitions).map(group => queueOf(queues, group).append(group, signal)))
    },
    close: async () => {
      closing.abort()
      await Promise.all(queues.map(queue => queue.close()))
    },
  }
}

function groupByPartition({ topic, records }: Append, partitions: number): Group[] {
  const groups = new Map<number, Group & { records: NewRecord[] }>()
  for (const record of records) {
    const partition = partitionOf(record.key, partitions)
    const group = groups.get(partition) ?? { topic, partition, records: [], sizeBytes: 0 }
    group.records.push(record)
    group.sizeBytes += sizeOf(record)
    groups.set(partition, group)
  }
  return [...groups.values()]
}

function queueOf<Queue>(queues: readonly Queue[], { topic, partition }: Group): Queue {
  const queue = queues[(partition + topic.length) % queues.length]
  if (queue === undefined) throw new RangeError('choosing a queue: there is none')
  return queue
}

const abortedBefore = (topic: string) => new LogError('aborted', `appending to ${topic}: aborted before anything was sent`)
