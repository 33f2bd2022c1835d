// [B2] Events of 1 KiB per second through the Kafka log, from many callers with one each, against batches of the same records that kafkajs
// is handed ready-made. Both are idempotent and wait for all replicas; bare has as many producers as ours, one batch of each in flight.
import kafkajs, { type Producer } from 'kafkajs'
import { partitionOf } from '../src/log/append/partitioner.ts'
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import type { EventLog, NewRecord } from '../src/log/log.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { alternate } from './alternate.ts'
import { ensureTopics, logger, never, openBroker, partitions } from './ground.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import { someRecords } from './records.ts'

const n = 60_000
const different = 4_000
const producers = 4
/** As many as ours sends at a time with so many callers. */
const batchRecords = 500
/** Each has one record in flight: an event of one of so many chats. */
const callers = 2_000

export const appendKafka: Bench = async closing => {
  const broker = await openBroker(closing)
  const log = openKafkaLog({
    brokers: [broker.brokers],
    clientId: 'bench',
    logger,
    metrics: createMetrics({ processMetrics: false }),
  })
  closing.defer(log.close)
  await ensureTopics(log, ['ours', 'bare'])
  const bare = await openProducers(closing, broker.brokers, producers)
  const records = await someRecords(different, { instances: 500, chatsPerInstance: 8 })
  await appendEach(log, 'ours', { records, n: n / 4 })
  await sendBatches(bare, { records, n: n / 4 })
  return async () => {
    const [before, bareBefore] = [await endOf(log, 'ours'), await endOf(log, 'bare')]
    const rates = await alternate({
      n,
      statements: null,
      ours: count => secondsOf(() => appendEach(log, 'ours', { records, n: count })),
      bare: count => secondsOf(() => sendBatches(bare, { records, n: count })),
    })
    expectEqual('records in the log', (await endOf(log, 'ours')) - before, n)
    expectEqual('records of kafkajs', (await endOf(log, 'bare')) - bareBefore, n)
    return { ...rates, unit: 'records/s' }
  }
}

type Work = { records: readonly NewRecord[]; n: number }

/** Every caller appends one record, waits until it is durable, and takes the next. */
export async function appendEach(log: EventLog, to: string, { records, n: count }: Work): Promise<void> {
  let next = 0
  const call = async () => {
    while (next < count) {
      const record = records[next++ % records.length]
      if (record !== undefined) await log.append({ topic: to, records: [record] }, never)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
}

/** Records in all partitions of a topic. */
async function endOf(log: EventLog, of: string): Promise<number> {
  const positions = Array.from({ length: partitions }, (_, partition) => ({ topic: of, partition, nextOffset: 0n }))
  return (await log.lag(positions, never)).reduce((sum, { endOffset }) => sum + Number(endOffset), 0)
}

export const openProducers = (closing: AsyncDisposableStack, broker: string, count: number): Promise<readonly Producer[]> =>
  Promise.all(Array.from({ length: count }, () => openProducer(closing, broker)))

async function openProducer(closing: AsyncDisposableStack, broker: string): Promise<Producer> {
  const { Kafka, logLevel, Partitioners } = kafkajs
  const producer = new Kafka({ clientId: 'bare', brokers: [broker], logLevel: logLevel.NOTHING }).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  closing.defer(() => producer.disconnect())
  return producer
}

/** A partition always by the same producer, or the order of its records would be lost. */
export async function sendBatches(senders: readonly Producer[], { records, n: count }: Work): Promise<void> {
  const shares = senders.map((_, index) =>
    records.filter(record => partitionOf(record.key, partitions) % senders.length === index),
  )
  await Promise.all(
    senders.map(async (producer, index) => {
      const share = shares[index] ?? []
      let left = Math.round((count * share.length) / records.length)
      for (let at = 0; left > 0; at += batchRecords) {
        const batch = Array.from({ length: Math.min(batchRecords, left) }, (_, nth) => share[(at + nth) % share.length])
        left -= batch.length
        await producer.send({ topic: 'bare', acks: -1, messages: batch.flatMap(toMessages) })
      }
    }),
  )
}

const toMessages = (record: NewRecord | undefined) =>
  record === undefined
    ? []
    : [
        {
          key: record.key,
          value: record.value === null ? null : Buffer.from(record.value),
          headers: { ...record.headers },
          timestamp: String(record.recordedAt),
        },
      ]
