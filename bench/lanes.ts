// Records per second that take 20 ms of waiting each, in order per key, many keys on the partitions of one topic in Kafka:
// lanes against kafkajs' eachMessage with all partitions at once, which is all the order that it can keep.
import kafkajs from 'kafkajs'
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import type { EventLog, NewRecord } from '../src/log/log.ts'
import { createProgressStore, type ProgressRows } from '../src/log/progress.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { alternate } from './alternate.ts'
import { ensureTopics, logger, never, openBroker, openGround, partitions, poolSize } from './ground.ts'
import type { Bench } from './measure.ts'

const n = 48_000
/** At 20 ms and 24 partitions kafkajs takes 1,200 a second at best. */
const bareN = 6_000
const keys = 1_000
const workMs = 20
const maxConcurrency = 512

export const lanes: Bench = async closing => {
  const broker = await openBroker(closing)
  const ground = await openGround(closing)
  const progress = createProgressStore(await ground.open(poolSize))
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [broker.brokers], clientId: 'bench', logger, metrics })
  closing.defer(log.close)
  await ensureTopics(log, ['work', 'dead-letters'])
  await fill(log)
  let groups = 0
  await consumeInLanes({ log, progress }, { name: 'warm-up', count: n / 4 })
  return async () => {
    const rates = await alternate({
      n,
      bareN,
      slices: 2,
      statements: ground.statements,
      before: async () => groups++,
      ours: count => consumeInLanes({ log, progress }, { name: `lanes-${groups}`, count }),
      bare: count => consumeEachMessage(broker.brokers, { name: `bare-${groups}`, count }),
    })
    return { ...rates, unit: 'records/s' }
  }
}

/** Of each key the numbers 0, 1, 2 ... */
async function fill(log: EventLog): Promise<void> {
  const record = (_: unknown, at: number): NewRecord => ({
    key: `key-${at % keys}`,
    value: Buffer.from(String(Math.floor(at / keys))),
    headers: {},
    recordedAt: Date.now(),
  })
  await log.append({ topic: 'work', records: Array.from({ length: n }, record) }, never)
}

type Group = { name: string; count: number }

/** A group of its own from the first record on; the time is from the first handler's start to the last one's end. */
async function consumeInLanes(of: { log: EventLog; progress: ProgressRows }, { name, count }: Group): Promise<number> {
  await of.progress.make(name, ['work'], partitions)
  const stop = new AbortController()
  const work = createWork(count)
  const consumption = of.log.consumeLanes(
    {
      consumerGroup: name,
      topics: ['work'],
      deadLetterTopic: 'dead-letters',
      progress: of.progress,
      maxConcurrency,
      maxBufferedBytes: 16 * 1024 * 1024,
      maxAttempts: 1,
      lane: record => record.key,
      handle: async record => {
        await work.take(record.key, Number(record.value))
        return { kind: 'emit', appends: [] }
      },
    },
    stop.signal,
  )
  const seconds = await work.done
  stop.abort()
  await consumption.done
  return seconds
}

async function consumeEachMessage(broker: string, { name, count }: Group): Promise<number> {
  const { Kafka, logLevel } = kafkajs
  const consumer = new Kafka({ clientId: 'bare', brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId: name })
  await consumer.connect()
  await consumer.subscribe({ topic: 'work', fromBeginning: true })
  const work = createWork(count)
  await consumer.run({
    partitionsConsumedConcurrently: partitions,
    eachMessage: async ({ message }) => work.take(String(message.key), Number(message.value)),
  })
  const seconds = await work.done
  await consumer.disconnect()
  return seconds
}

/** Each record's 20 ms, and the proof: rejects where a key's numbers do not come one after another, each once, one at a time. */
function createWork(count: number) {
  const { promise: done, resolve, reject } = Promise.withResolvers<number>()
  const nextOf = new Map<string, number>()
  const busy = new Set<string>()
  let [startedAt, finished] = [0, 0]
  const take = async (key: string, number: number) => {
    if (startedAt === 0) startedAt = performance.now()
    if (busy.has(key) || number !== (nextOf.get(key) ?? 0)) reject(new Error(`${key}: number ${number} out of turn`))
    busy.add(key)
    nextOf.set(key, number + 1)
    await new Promise(passed => setTimeout(passed, workMs))
    busy.delete(key)
    if (++finished === count) resolve((performance.now() - startedAt) / 1000)
  }
  return { take, done }
}
