// [H5] Records per second that one consumer reads from the beginning of a topic in Kafka whose partitions are filled unevenly: half of the records
// are in one, the rest in a few, most are empty; against kafkajs' own consumer on the same topic, which hands out batches too.
import kafkajs from 'kafkajs'
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import type { EventLog, NewRecord } from '../src/log/log.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { ensureTopics, logger, never, openBroker } from './ground.ts'
import type { Bench } from './measure.ts'
import { someRecords } from './records.ts'

const n = 60_000
const different = 4_000
const topic = 'uneven'

export const catchUpKafka: Bench = async closing => {
  const broker = await openBroker(closing)
  const log = openKafkaLog({
    brokers: [broker.brokers],
    clientId: 'bench',
    logger,
    metrics: createMetrics({ processMetrics: false }),
  })
  closing.defer(log.close)
  await ensureTopics(log, [topic])
  const records = (await someRecords(different, { instances: 6, chatsPerInstance: 8 })).map(
    (record, at): NewRecord => (at % 2 === 0 ? record : { ...record, key: 'busy' }),
  )
  for (let sent = 0; sent < n; sent += records.length) await log.append({ topic, records }, never)
  let runs = 0
  await consumeBatches(log, 'warm-up')
  return async () => {
    runs++
    const seconds = await consumeBatches(log, `ours-${runs}`)
    const bareSeconds = await consumeBare(broker.brokers, `bare-${runs}`)
    return { value: n / seconds, unit: 'records/s', bare: n / bareSeconds, n, seconds }
  }
}

/** From the first batch handed out to the last. */
async function consumeBatches(log: EventLog, consumerGroup: string): Promise<number> {
  const stop = new AbortController()
  const count = counter()
  const consumption = log.consumeBatches(
    {
      consumerGroup,
      topics: [topic],
      maxBatchRecords: 100,
      maxBatchBytes: 8 * 1024 ** 2,
      positions: async assigned => assigned.map(at => ({ ...at, nextOffset: 0n })),
      handle: async ({ records }) => {
        count.taken(records.length)
        await othersTurn()
        return { kind: 'applied' }
      },
    },
    stop.signal,
  )
  const seconds = await count.done
  stop.abort()
  await consumption.done
  return seconds
}

async function consumeBare(broker: string, groupId: string): Promise<number> {
  const { Kafka, logLevel } = kafkajs
  const consumer = new Kafka({ clientId: 'bare', brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const count = counter()
  await consumer.run({
    eachBatch: async ({ batch }) => {
      count.taken(batch.messages.length)
      await othersTurn()
    },
  })
  const seconds = await count.done
  await consumer.disconnect()
  return seconds
}

/** As whoever writes what it was handed gives it. */
const othersTurn = () => new Promise(resolve => setImmediate(resolve))

function counter() {
  const { promise: done, resolve } = Promise.withResolvers<number>()
  let [startedAt, taken] = [0, 0]
  return {
    done,
    taken: (records: number) => {
      if (taken === 0) startedAt = performance.now()
      taken += records
      if (taken >= n) resolve((performance.now() - startedAt) / 1000)
    },
  }
}
