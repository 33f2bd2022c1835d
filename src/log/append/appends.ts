// append, as every adapter does it: records are checked and parted by partition before anything of a call is sent, a partition always
// goes through the same queue, which keeps its order, and topics are looked up once.
import type { Logger } from '../../runtime/logger.ts'
import { isBusy, loopLoad } from '../../runtime/loop-load.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { persist } from '../../runtime/persist.ts'
import { isWorthSaying } from '../../runtime/wait.ts'
import { type Append, type EventLog, LogError, type NewRecord } from '../log.ts'
import { partitionOf } from './partitioner.ts'
import { createSendQueue, type PartitionAppend, sizeOf } from './send-queue.ts'

export type Appends = {
  append: EventLog['append']
  /** Waits until the topic is known, and throws what append would reject for these records; nothing is sent. */
  check(append: Append, signal: AbortSignal): Promise<{ partitions: number }>
  /** So many more are durable, by another way than a send. */
  counted(topic: string, records: number): void
  /** They are deleted: whoever appends next looks them up. */
  forget(topics: readonly string[]): void
  close(): Promise<void>
}
type Deps<Topic> = {
  /** One for each queue, which calls it with one send at a time. Answers the offset after the last record of each append; rejects LogError. */
  sends: readonly ((appends: readonly PartitionAppend[], topicOf: TopicOf<Topic>) => Promise<readonly bigint[]>)[]
  /** Rejects LogError. */
  findTopic(name: string): Promise<Topic>
  /** Throws LogError for what the log would never take. */
  assertTakeable(record: NewRecord, topic: Topic): void
  logger: Logger
  metrics: Metrics
  countedAs?: CountedAs
}
/** Under which name a topic is counted, where some come and go [its own]. */
export type CountedAs = (topic: string) => string
type TopicOf<Topic> = (name: string) => Promise<Topic>

const LOOKUP_RETRY_MS = 250
/** Under load alone, and less than what waits there for other reasons. */
const LINGER_MS = 20

const lingerMs = (): number => (isBusy(loopLoad()) ? LINGER_MS : 0)

export function createAppends<Topic extends { topic: string; partitions: number }>(deps: Deps<Topic>): Appends {
  const { logger, metrics, countedAs = topic => topic } = deps
  const seconds = metrics.histogram('zaplog_log_append_seconds')
  const appended = metrics.counter('zaplog_log_records_appended_total')
  const counted = (topic: string, records: number) => appended.inc({ topic: countedAs(topic) }, records)
  const retries = metrics.counter('zaplog_log_append_retries_total')
  const closing = new AbortController()
  const topics = new Map<string, Promise<Topic>>()
  const queues = deps.sends.map(send => createSendQueue(appends => sendTimed(send, appends), { onRetry: sayRetried, lingerMs }))

  async function sendTimed(send: Deps<Topic>['sends'][number], appends: readonly PartitionAppend[]): Promise<readonly bigint[]> {
    const beganAt = performance.now()
    const ends = await send(appends, topicOf).catch(error => {
      // Deleted since it was looked up: whoever appends next asks again.
      if (error.code === 'topic-missing') for (const { topic } of appends) topics.delete(topic)
      throw error
    })
    seconds.observe((performance.now() - beganAt) / 1000)
    for (const { topic, records } of appends) counted(topic, records.length)
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

  const lookUp = (topic: string): Promise<Topic> =>
    persist(
      () => deps.findTopic(topic),
      {
        backoff: { baseMs: LOOKUP_RETRY_MS, capMs: LOOKUP_RETRY_MS },
        failed: ({ error, attempt }) => {
          if (!(error instanceof LogError) || !error.retryable) return 'give-up'
          sayRetried(error, attempt)
          return 'again'
        },
      },
      closing.signal,
    ).catch(error => {
      throw closing.signal.aborted ? abortedBefore(topic) : error
    })

  async function check(append: Append, signal: AbortSignal): Promise<Topic> {
    const topic = await orAbort(topicOf(append.topic), () => abortedBefore(append.topic), signal)
    if (append.partition !== undefined && append.partition >= topic.partitions) throw noPartition(append, topic)
    for (const record of append.records) deps.assertTakeable(record, topic)
    return topic
  }

  return {
    append: async (append, signal) => {
      if (append.records.length === 0) return []
      const topic = await check(append, signal)
      return Promise.all(partitionAppendsOf(append, topic.partitions).map(part => queueOf(queues, part).append(part, signal)))
    },
    check,
    counted,
    forget: names => {
      for (const name of names) topics.delete(name)
    },
    close: async () => {
      closing.abort()
      await Promise.all(queues.map(queue => queue.close()))
    },
  }
}

function partitionAppendsOf({ topic, records, partition: given }: Append, partitions: number): PartitionAppend[] {
  const appends = new Map<number, PartitionAppend & { records: NewRecord[] }>()
  for (const record of records) {
    const partition = given ?? partitionOf(record.key, partitions)
    const append = appends.get(partition) ?? { topic, partition, records: [], sizeBytes: 0 }
    append.records.push(record)
    append.sizeBytes += sizeOf(record)
    appends.set(partition, append)
  }
  return [...appends.values()]
}

function queueOf<Queue>(queues: readonly Queue[], { topic, partition }: PartitionAppend): Queue {
  const queue = queues[(partition + topic.length) % queues.length]
  if (queue === undefined) throw new RangeError('choosing a queue: there is none')
  return queue
}

const noPartition = ({ partition }: Append, { topic, partitions }: { topic: string; partitions: number }) =>
  new LogError('topic-missing', `appending to ${topic}/${partition}: it has ${partitions} partitions`)

const abortedBefore = (topic: string) => new LogError('aborted', `appending to ${topic}: aborted before anything was sent`)
