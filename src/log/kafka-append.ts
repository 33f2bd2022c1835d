// append on Kafka: acknowledged by all in-sync replicas, one send in flight per idempotent producer, a partition always by the same producer.
// A producer that failed is thrown away with its sequence numbers: kafkajs would give them to the next records, which brokers then drop as copies.
import type { Producer, RecordMetadata, TopicMessages } from 'kafkajs'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { isWorthSaying, wait } from '../runtime/wait.ts'
import { createAppendQueue, type Group, sizeOf } from './append-queue.ts'
import type { Closable, KafkaClient } from './kafka-client.ts'
import { toLogError } from './kafka-errors.ts'
import type { KafkaLink } from './kafka-link.ts'
import { batchBytesOf, joinAnswers, planSends } from './kafka-sends.ts'
import { findTopic, type Topic } from './kafka-topics.ts'
import { type Append, type EventLog, LogError, type NewRecord } from './log.ts'
import { partitionOf } from './partitioner.ts'

export type KafkaAppend = { append: EventLog['append']; close(): Promise<void> }
type Deps = { client: KafkaClient; link: KafkaLink; logger: Logger; metrics: Metrics; requestTimeoutMs: number }

/** Sends at once; a partition always goes through the same queue, which keeps its order. */
const QUEUES = 4
const LOOKUP_RETRY_MS = 250
/** Brokers wait for their replicas this much of the time a request may take. */
const REPLICAS_SHARE = 0.7
const ALL_IN_SYNC = -1

export function createKafkaAppend({ client, link, logger, metrics, requestTimeoutMs }: Deps): KafkaAppend {
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
  const shards = Array.from({ length: QUEUES }, openShard)

  function openShard() {
    const sender = createSender(client, Math.round(requestTimeoutMs * REPLICAS_SHARE))
    const queue = createAppendQueue(
      async groups => {
        const done = seconds.startTimer()
        const ends = await send(sender, groups)
        done()
        for (const { topic, records } of groups) counted.inc({ topic }, records.length)
        return ends
      },
      { onRetry: sayRetried },
    )
    const close = async () => {
      await queue.close()
      await sender.close()
    }
    return { queue, close }
  }

  function sayRetried(error: LogError, attempt: number) {
    retries.inc()
    if (isWorthSaying(attempt)) logger.warn('log.append-retried', { attempt, error })
  }

  async function send(sender: Sender, groups: readonly Group[]): Promise<readonly bigint[]> {
    const limits = new Map(await Promise.all(groups.map(async ({ topic }) => [topic, await topicOf(topic)] as const)))
    const plan = planSends(groups, topic => limits.get(topic)?.maxRecordBytes ?? null)
    try {
      const answers = []
      for (const topicMessages of plan.sends) answers.push(await sender.send(topicMessages))
      return joinAnswers(plan, answers)
    } catch (error) {
      const names = [...new Set(groups.map(({ topic }) => topic))]
      const failure = toLogError(
        `appending ${groups.flatMap(({ records }) => records).length} records to ${names.join(', ')}`,
        error,
      )
      // Deleted since it was looked up: whoever appends next asks again.
      if (failure.code === 'topic-missing') for (const name of names) topics.delete(name)
      throw failure
    }
  }

  /** A topic that is not known yet is looked up until Kafka answers; calls made meanwhile keep their order behind it. */
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
        return await findTopic(link, topic)
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
      const groups = groupByPartition(append, topic)
      return Promise.all(groups.map(group => shardOf(shards, group).queue.append(group, signal)))
    },
    close: async () => {
      closing.abort()
      await Promise.all(shards.map(shard => shard.close()))
    },
  }
}

type Sender = { send(messages: readonly TopicMessages[]): Promise<RecordMetadata[]>; close(): Promise<void> }
type Current = Closable<Producer> & { connected: Promise<void> }

/** One producer at a time, called by one queue: never two sends in flight. */
function createSender(client: KafkaClient, timeoutMs: number): Sender {
  let current: Current | null = null

  function open(): Current {
    const producer = client.createProducer()
    return { ...producer, connected: producer.part.connect() }
  }

  async function discard() {
    const old = current
    current = null
    await old?.close()
  }

  async function send(topicMessages: readonly TopicMessages[]) {
    current ??= open()
    const used = current
    try {
      await used.connected
      return await used.part.sendBatch({ topicMessages: [...topicMessages], acks: ALL_IN_SYNC, timeout: timeoutMs })
    } catch (error) {
      await discard()
      // kafkajs only says that it knows nothing about a topic.
      throw topicMessages.map(({ topic }) => used.problemOf(topic)).find(problem => problem !== null) ?? error
    }
  }

  return { send, close: discard }
}

function shardOf<Shard>(shards: readonly Shard[], { topic, partition }: Group): Shard {
  const shard = shards[(partition + topic.length) % shards.length]
  if (shard === undefined) throw new RangeError('choosing a producer: there is none')
  return shard
}

const abortedBefore = (topic: string) => new LogError('aborted', `appending to ${topic}: aborted before anything was sent`)

/** Rejects what Kafka would never take before anything of the call is sent. */
function groupByPartition(append: Append, topic: Topic): Group[] {
  const groups = new Map<number, Group & { records: NewRecord[] }>()
  for (const record of append.records) {
    assertTakeable(record, topic)
    const partition = partitionOf(record.key, topic.partitions)
    const group = groups.get(partition) ?? { topic: topic.topic, partition, records: [], sizeBytes: 0 }
    group.records.push(record)
    group.sizeBytes += sizeOf(record)
    groups.set(partition, group)
  }
  return [...groups.values()]
}

function assertTakeable(record: NewRecord, { topic, maxRecordBytes }: Topic) {
  const sizeBytes = batchBytesOf(record)
  if (maxRecordBytes !== null && sizeBytes > maxRecordBytes)
    throw new LogError(
      'record-too-large',
      `appending to ${topic}: a record of ${sizeBytes} bytes with its batch header, at most ${maxRecordBytes} are taken`,
    )
  if (!Number.isSafeInteger(record.recordedAt) || record.recordedAt < 0)
    throw new LogError('denied', `appending to ${topic}: expected recordedAt in epoch ms, got ${record.recordedAt}`)
}
