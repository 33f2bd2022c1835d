// How appends become sends that brokers take: a partition's records in order, in batches within its topic's limit; and where each append ended.
import type { RecordMetadata } from 'kafkajs'
import { type PartitionAppend, sizeOf } from '../append/send-queue.ts'
import { LogError, type NewRecord, type TopicPartition } from '../log.ts'
import type { SentMessage } from './record-batch.ts'

/** A send has at most one batch per partition. */
export type SendPlan = { sends: readonly (readonly SendBatch[])[]; ends: readonly End[] }
/** Records of one partition that a broker takes all together: one after another. */
export type SendBatch = TopicPartition & { records: readonly NewRecord[] }
/** The last record of an append: the nth of its partition's batch in that send. */
type End = { topic: string; partition: number; send: number; nth: number }
type Batch = { topic: string; partition: number; records: NewRecord[]; sizeBytes: number }

/** maxBatchBytes: null where it is not known. A record larger than that goes alone. */
export function planSends(appends: readonly PartitionAppend[], maxBatchBytes: (topic: string) => number | null): SendPlan {
  const rounds: Batch[][] = []
  const roundOf = new Map<string, number>()
  const ends = appends.map(({ topic, partition, records }) => {
    const name = `${topic}/${partition}`
    let send = roundOf.get(name) ?? 0
    let batch = batchIn(rounds, send, topic, partition)
    for (const record of records) {
      const sizeBytes = encodedBytes(record)
      const limit = maxBatchBytes(topic) ?? Number.POSITIVE_INFINITY
      if (batch.records.length > 0 && batch.sizeBytes + sizeBytes > limit) {
        send += 1
        batch = batchIn(rounds, send, topic, partition)
      }
      batch.records.push(record)
      batch.sizeBytes += sizeBytes
    }
    roundOf.set(name, send)
    return { topic, partition, send, nth: batch.records.length }
  })
  return { sends: rounds, ends }
}

const BATCH_HEADER_BYTES = 61

function batchIn(rounds: Batch[][], send: number, topic: string, partition: number): Batch {
  rounds[send] ??= []
  const round = rounds[send]
  const known = round.find(one => one.topic === topic && one.partition === partition)
  if (known !== undefined) return known
  const batch = { topic, partition, records: [], sizeBytes: BATCH_HEADER_BYTES }
  round.push(batch)
  return batch
}

/** At most: lengths and deltas are varints of up to five bytes, times of up to ten. */
const encodedBytes = (record: NewRecord) => sizeOf(record) + 36 + 10 * Object.keys(record.headers).length

/** Of a batch with this record alone: what the topic's limit is compared with. */
export const isWithin = (record: NewRecord, maxBatchBytes: number): boolean =>
  BATCH_HEADER_BYTES + encodedBytes(record) <= maxBatchBytes || batchBytesOf(record) <= maxBatchBytes

/** Exactly, of a batch with this record alone. */
export function batchBytesOf({ key, value, headers }: NewRecord): number {
  const texts = [key, ...Object.entries(headers).flat()].map(text => Buffer.byteLength(text))
  const valueBytes = value?.byteLength ?? 0
  const lengths = [...texts, value === null ? -1 : valueBytes, Object.keys(headers).length]
  const body = 3 + valueBytes + sum(texts) + sum(lengths.map(varintBytes))
  return BATCH_HEADER_BYTES + varintBytes(body) + body
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** Zigzag, seven bits a byte. */
const varintBytes = (value: number) => Math.max(1, Math.ceil(Math.log2((value < 0 ? -2 * value - 1 : 2 * value) + 1) / 7))

/** What kafkajs is given of one topic. */
export type TopicMessages = { topic: string; messages: SentMessage[] }

export const toTopicMessages = ({ topic, partition, records }: SendBatch): TopicMessages => ({
  topic,
  messages: records.map(({ key, value, headers, recordedAt }) => ({
    partition,
    key,
    value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    headers,
    timestamp: String(recordedAt),
  })),
})

/** The offset after the last record of each append. */
export function joinAnswers({ ends }: SendPlan, answers: readonly (readonly RecordMetadata[])[]): bigint[] {
  return ends.map(({ topic, partition, send, nth }) => {
    const answer = answers[send]?.findLast(one => one.topicName === topic && one.partition === partition)
    if (answer?.baseOffset === undefined || answer.baseOffset === NONE)
      throw new LogError('unavailable', `appending to ${topic}/${partition}: the broker did not say where the records are`)
    return BigInt(answer.baseOffset) + BigInt(nth)
  })
}

/**
 * The offset of a batch's first record, from what was answered to its send; null where that is not said, or where the records are not there as
 * they were sent because the broker dates them itself.
 */
export function placeOf({ topic, partition }: SendBatch, answers: readonly RecordMetadata[]): bigint | null {
  const answer = answers.findLast(one => one.topicName === topic && one.partition === partition)
  if (answer?.baseOffset === undefined || answer.baseOffset === NONE || answer.logAppendTime !== NONE) return null
  return BigInt(answer.baseOffset)
}

const NONE = '-1'
