// What other programs write to our topics in Kafka is read as it is meant, or its partition halts and says why; nobody else's partitions notice.
import { CompressionCodecs, CompressionTypes, type Message } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { keyIn } from '../contracts/key-in.ts'
import { aRecord, type Ground, openGround, textOf } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafka, plainClient } from '../ground/log/kafka-adapter.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const done: Outcome = { kind: 'emit', appends: [] }

describe.runIf(await runsHere('kafka'))('records of others in Kafka', () => {
  const logger = collectLogLines(['log.partition-halted'])
  let kafka: Kafka
  let server: TestDatabase
  let ground: Ground
  beforeAll(async () => {
    kafka = await openTestKafka()
    server = await openTestDatabase('kafka foreign', { poolSize: 5 })
  }, KAFKA_START_MS)
  afterAll(async () => {
    await server.close()
    await kafka.close()
  })
  beforeEach(async () => {
    ground = await openGround(openKafkaAdapter(kafka, server, logger))
  })
  afterEach(() => ground.close())

  async function produce(topic: string, messages: Message[], compression = CompressionTypes.None) {
    const producer = plainClient(kafka).producer()
    await producer.connect()
    await producer.send({ topic, messages, compression })
    await producer.disconnect()
  }
  const values = async (topic: string) => (await ground.all(topic)).map(textOf)

  test('[B4] trap 13: others that use Kafka’s default partitioner put a key where we do', async () => {
    const topic = await ground.topic({ partitions: 5 })
    const keys = Array.from({ length: 20 }, (_, n) => `5511900000001-${n}`)
    await produce(
      topic,
      keys.map(key => ({ key, value: 'theirs' })),
    )
    await ground.append(
      topic,
      keys.map(key => aRecord(key, 'ours')),
    )
    const partitions = new Map<string, Set<number>>()
    for (const { key, partition } of await ground.all(topic))
      partitions.set(key, (partitions.get(key) ?? new Set()).add(partition))
    expect([...partitions.values()].map(({ size }) => size)).toEqual(keys.map(() => 1))
  })

  test('[B1] trap 14: batches compressed with gzip and zstd are read', async () => {
    const topic = await ground.topic()
    for (const compression of [CompressionTypes.GZIP, CompressionTypes.ZSTD])
      await produce(
        topic,
        [...'abc'].map(value => ({ key: 'one', value: value.repeat(1_000) })),
        compression,
      )
    expect((await values(topic)).map(([letter]) => letter).join('')).toBe('abcabc')
  })

  test('[D2] trap 14: a batch compressed otherwise halts its partition and says why; the others go on', async () => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    await ground.append(topic, [aRecord(keyIn(0, 2), 'before')])
    await withSnappy(() => produce(topic, [{ key: keyIn(0, 2), value: 'snappy' }], CompressionTypes.Snappy))
    await ground.append(topic, [aRecord(keyIn(0, 2), 'after'), aRecord(keyIn(1, 2), 'other')])
    const { consumption } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    expect(halted).toMatchObject({
      partition: 0,
      nextOffset: 1n,
      reason: expect.stringMatching(/denied: .* at offset 1: .* snappy/),
    })
    await ground.append(topic, [aRecord(keyIn(1, 2), 'still')])
    await ground.until('the other goes on', () => handled.includes('still'))
    expect(handled.toSorted()).toEqual(['before', 'other', 'still'])
    await expect(ground.all(topic)).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('snappy') })
  })

  test('[D2] trap 4: what an aborted transaction wrote is not read; its traces are gaps, in lanes, batches and lag', async () => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const producer = plainClient(kafka).producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    for (const [value, outcome] of [
      ['aborted', 'abort'],
      ['committed', 'commit'],
      ['aborted too', 'abort'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ key: 'one', value }] })
      await transaction[outcome]()
    }
    await producer.disconnect()
    await ground.append(topic, [aRecord('one', 'plain')])
    expect(await values(topic)).toEqual(['committed', 'plain'])
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const { stop } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const batched: string[] = []
    let next = 0n
    ground.batches({
      consumerGroup: ground.consumerGroup(),
      topics: [topic],
      maxBatchRecords: 1,
      handle: async ({ fromOffset, nextOffset, records }) => {
        expect(fromOffset).toBe(next)
        next = nextOffset
        batched.push(...records.map(textOf))
        return { kind: 'applied' }
      },
    })
    await ground.until('all are handled', () => handled.includes('plain') && batched.includes('plain'))
    expect([handled, batched, next]).toEqual([['committed', 'plain'], ['committed', 'plain'], 7n])
    await stop()
    const at = { topic, partition: 0 }
    expect((await ground.progressOf(consumerGroup, at))?.nextOffset).toBe(7n)
    const [lag] = await ground.log.lag([{ ...at, nextOffset: 7n }], ground.never)
    expect(lag).toMatchObject({ lagRecords: 0, lagMs: 0 })
  })

  test('[B1] records without key, with headers twice or none, and tombstones come as text and null', async () => {
    const topic = await ground.topic()
    await produce(topic, [
      { value: 'no key', headers: { twice: ['first', 'last'], bytes: Buffer.from([0xff]) } },
      { key: 'gone', value: null },
    ])
    const [first, second] = await ground.all(topic)
    expect(first).toMatchObject({ key: '', headers: { twice: 'last', bytes: '\ufffd' } })
    expect(second).toMatchObject({ key: 'gone', value: null, headers: {} })
  })
})

/** kafkajs has no snappy; this writes literals only, which is valid. */
async function withSnappy(act: () => Promise<void>) {
  const before = CompressionCodecs[CompressionTypes.Snappy]
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => {
      if (buffer.length > 60) throw new RangeError('one short literal is all this can write')
      return Buffer.concat([Buffer.from([buffer.length, (buffer.length - 1) << 2]), buffer])
    },
  })
  try {
    await act()
  } finally {
    CompressionCodecs[CompressionTypes.Snappy] = before
  }
}
