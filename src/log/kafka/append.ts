// append on Kafka: acknowledged by all in-sync replicas, one send in flight per idempotent producer, a partition always by the same producer.
// A producer that failed is thrown away with its sequence numbers: kafkajs would give them to the next records, which brokers then drop as copies.
import type { Producer, RecordMetadata } from 'kafkajs'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type Appends, type CountedAs, createAppends } from '../append/appends.ts'
import type { PartitionAppend } from '../append/send-queue.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import { LogError, type NewRecord } from '../log.ts'
import type { Closable, KafkaClient } from './client.ts'
import { toLogError } from './errors.ts'
import type { KafkaLink } from './link.ts'
import {
  batchBytesOf,
  isWithin,
  joinAnswers,
  placeOf,
  planSends,
  type SendBatch,
  type TopicMessages,
  toTopicMessages,
} from './sends.ts'
import { findTopic, type Topic } from './topics.ts'

type Deps = {
  client: KafkaClient
  link: KafkaLink
  /** Is told what was acknowledged, and where it is. */
  recent: Pick<RecentRecords, 'keep'>
  logger: Logger
  metrics: Metrics
  countedAs?: CountedAs
  requestTimeoutMs: number
}

/** Sends at once. */
const SENDERS = 4
/** Brokers wait for their replicas this much of the time a request may take. */
const REPLICAS_SHARE = 0.7
const ALL_IN_SYNC = -1

export function createKafkaAppend({
  client,
  link,
  recent,
  requestTimeoutMs,
  ...counting
}: Deps): Pick<Appends, 'append' | 'forget' | 'close'> {
  const timeoutMs = Math.round(requestTimeoutMs * REPLICAS_SHARE)
  const senders = Array.from({ length: SENDERS }, () => createSender(client, timeoutMs))
  const appends = createAppends<Topic>({
    sends: senders.map(sender => (appends, topicOf) => send({ sender, recent }, appends, topicOf)),
    findTopic: name => findTopic(link, name),
    assertTakeable,
    ...counting,
  })
  return {
    append: appends.append,
    forget: appends.forget,
    close: async () => {
      await appends.close()
      await Promise.all(senders.map(sender => sender.close()))
    },
  }
}

type Sending = Pick<Deps, 'recent'> & { sender: Sender }

async function send(
  { sender, recent }: Sending,
  appends: readonly PartitionAppend[],
  topicOf: (name: string) => Promise<Topic>,
): Promise<readonly bigint[]> {
  const names = [...new Set(appends.map(({ topic }) => topic))]
  const limits = new Map(await Promise.all(names.map(async name => [name, (await topicOf(name)).maxRecordBytes] as const)))
  const plan = planSends(appends, topic => limits.get(topic) ?? null)
  try {
    const answers = []
    for (const batches of plan.sends) {
      const answer = await sender.send(batches.map(toTopicMessages))
      keepPlaced(recent, batches, answer)
      answers.push(answer)
    }
    return joinAnswers(plan, answers)
  } catch (error) {
    throw toLogError(`appending ${appends.flatMap(({ records }) => records).length} records to ${names.join(', ')}`, error)
  }
}

function keepPlaced(recent: Sending['recent'], batches: readonly SendBatch[], answer: readonly RecordMetadata[]) {
  for (const batch of batches) {
    const firstOffset = placeOf(batch, answer)
    if (firstOffset !== null) recent.keep(batch, firstOffset, batch.records)
  }
}

type Sender = { send(messages: readonly TopicMessages[]): Promise<RecordMetadata[]>; close(): Promise<void> }
type Current = Closable<Producer> & { connected: Promise<void> }

/** One producer at a time, called by one queue: never two sends in flight. */
function createSender(client: KafkaClient, timeoutMs: number): Sender {
  let current: Current | null = null

  function open(): Current {
    const producer = client.createProducer()
    return { ...producer, connected: producer.opened.connect() }
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
      return await used.opened.sendBatch({ topicMessages: [...topicMessages], acks: ALL_IN_SYNC, timeout: timeoutMs })
    } catch (error) {
      await discard()
      // kafkajs only says that it knows nothing about a topic.
      throw topicMessages.map(({ topic }) => used.problemOf(topic)).find(problem => problem !== null) ?? error
    }
  }

  return { send, close: discard }
}

/** Throws LogError for a record that Kafka would never take. */
function assertTakeable(record: NewRecord, { topic, maxRecordBytes }: Topic) {
  if (maxRecordBytes !== null && !isWithin(record, maxRecordBytes))
    throw new LogError(
      'record-too-large',
      `appending to ${topic}: a record of ${batchBytesOf(record)} bytes with its batch header, at most ${maxRecordBytes} are taken`,
    )
  if (!Number.isSafeInteger(record.recordedAt) || record.recordedAt < 0)
    throw new LogError('record-refused', `appending to ${topic}: expected recordedAt in epoch ms, got ${record.recordedAt}`)
}
