// [G1] Records of 1 KiB per second that a replay copies from one topic in Kafka into another, its row included, from when a process takes it until it
// has ended; against kafkajs' consumer and idempotent producer, batch by batch, all partitions side by side, which remembers nothing. 20,000 is
// the bound.
import kafkajs, { type Producer } from 'kafkajs'
import { openCodec } from '../src/events/codec.ts'
import { openKafkaLog } from '../src/log/kafka/kafka.ts'
import type { EventLog, TopicDeclaration } from '../src/log/log.ts'
import { beginReplay } from '../src/replays/begin-replay.ts'
import { openReplays } from '../src/replays/open-replays.ts'
import { findReplay, type ReplayRequest } from '../src/replays/replay-rows.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { memoryRegistry } from '../test/ground/memory-registry.ts'
import { until } from '../test/ground/until.ts'
import { alternate } from './alternate.ts'
import { declare, ensureTopics, logger, never, openBroker, openGround, partitions, poolSize, topic } from './ground.ts'
import { type Bench, expectEqual } from './measure.ts'
import { someRecords } from './records.ts'

/** In the source, all of which each slice copies. */
const filled = 60_000
const slices = 2
const different = 4_000
const replayTopic = (name: string): string => `wa.replay.${name}`
/** The highest that a replay takes. */
const rate = 100_000
const asked: Omit<ReplayRequest, 'name'> = {
  ...{ topics: ['events'], from: 'beginning', until: null, types: null, instanceIds: null, chats: null },
  ...{ rate, follow: false, perType: false, marker: true },
}

export const replay: Bench = async closing => {
  const broker = await openBroker(closing)
  const ground = await openGround(closing)
  const [database, leaseDatabase] = [await ground.open(poolSize), await ground.open(1)]
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [broker.brokers], clientId: 'bench', logger, metrics })
  closing.defer(log.close)
  await ensureTopics(log)
  await fill(log)
  const registry = memoryRegistry()
  const codec = await openCodec(registry, never)
  const declareKept = (name: string): TopicDeclaration => declare(name)
  const deps = { database, log, registry, codec, topic, replayTopic, declareKept, clock: Date.now }
  const role = openReplays({ ...deps, leaseDatabase, logger, metrics })
  closing.defer(role.close)

  async function replayOnce(name: string): Promise<number> {
    const begun = await beginReplay(deps, { request: { ...asked, name }, from: { kind: 'beginning' }, until: null }, never)
    if (begun.kind !== 'begun') throw new Error(`beginning a replay: ${begun.kind}`)
    const over = await until(
      'the replay to be over',
      async () => {
        const seen = await findReplay(database, begun.replay.replayId)
        return seen?.endedAt != null && seen
      },
      600_000,
    )
    expectEqual('records copied', (await endOf(log, replayTopic(name))) - partitions, filled)
    return ((over.endedAt?.getTime() ?? 0) - (over.startedAt?.getTime() ?? 0)) / 1000
  }

  let names = 0
  await replayOnce('warm-up')
  return async () => {
    const rates = await alternate({
      n: filled * slices,
      slices,
      statements: ground.statements,
      before: async () => ensureTopics(log, [`bare-${++names}`]),
      ours: () => replayOnce(`ours-${names}`),
      bare: async () => {
        const seconds = await copyBare(closing, broker.brokers, `bare-${names}`)
        expectEqual('records of kafkajs', await endOf(log, `bare-${names}`), filled)
        return seconds
      },
    })
    return { ...rates, unit: 'records/s' }
  }
}

async function fill(log: EventLog): Promise<void> {
  const records = await someRecords(different, { instances: 500, chatsPerInstance: 8 })
  for (let sent = 0; sent < filled; sent += records.length) await log.append({ topic: topic('events'), records }, never)
}

/** Records in all partitions of a topic. */
const endOf = async (log: EventLog, of: string): Promise<number> =>
  (await log.positionsAt(of, 'end', never)).reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0)

/** From the first batch that is handed out until the last one is acknowledged, in seconds. */
async function copyBare(closing: AsyncDisposableStack, broker: string, to: string): Promise<number> {
  const { Kafka, logLevel } = kafkajs
  const kafka = new Kafka({ clientId: 'bare', brokers: [broker], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  closing.defer(() => producer.disconnect())
  const consumer = kafka.consumer({ groupId: to })
  await consumer.connect()
  await consumer.subscribe({ topic: topic('events'), fromBeginning: true })
  const { promise: done, resolve } = Promise.withResolvers<number>()
  let [startedAt, copied] = [0, 0]
  await consumer.run({
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch }) => {
      if (startedAt === 0) startedAt = performance.now()
      await sendCopies(producer, to, batch)
      copied += batch.messages.length
      if (copied >= filled) resolve((performance.now() - startedAt) / 1000)
    },
  })
  const seconds = await done
  await consumer.disconnect()
  return seconds
}

async function sendCopies(producer: Producer, to: string, { partition, messages }: kafkajs.Batch): Promise<void> {
  const copies = messages.map(({ key, value, headers, timestamp, offset }) => {
    const told = { ...headers, 'replay-job': to, 'replay-topic': topic('events'), 'replay-offset': offset }
    return { key, value, timestamp, partition, headers: told }
  })
  await producer.send({ topic: to, acks: -1, messages: copies })
}
