// Consumers of Kafka beside appends of their own process, and beside partitions that are idle: they are handed what a read would answer, brokers are
// asked no more than it takes, and nobody waits for records of others.
import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import type { Batch, BatchOutcome, LogRecord } from '../../src/log/log.ts'
import { keyIn } from '../contracts/key-in.ts'
import { aRecord, textOf } from '../contracts/log-ground.ts'
import type { LogMember } from '../contracts/log-subject.ts'
import { asAdmin, plainClient } from '../ground/log/kafka-adapter.ts'
import { useProxiedGround } from '../ground/log/kafka-ground.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const [PRODUCE, FETCH] = [0, 1]
const isRequest = (chunk: Buffer, key: number) => chunk.length > 6 && chunk.readInt16BE(4) === key

describe.runIf(await runsHere('kafka'))('consumers of Kafka beside appends', () => {
  const at = useProxiedGround('kafka recent', collectLogLines(), 60_000)

  /** From the first record on; at its end once what is there is handed out. */
  function consume(topic: string, member: LogMember = at.ground.first) {
    const got: LogRecord[] = []
    const handle = async ({ records }: Batch): Promise<BatchOutcome> => {
      got.push(...records)
      return { kind: 'applied' }
    }
    at.ground.batches({ consumerGroup: at.ground.consumerGroup(), topics: [topic], handle }, member)
    return got
  }

  /** Since the call, of the proxied members. */
  function countFetches() {
    const counts = { fetches: 0 }
    at.kafka.proxy.watch((chunk, direction) => {
      if (direction === 'to-target' && isRequest(chunk, FETCH)) counts.fetches += 1
      return 'pass'
    })
    return counts
  }

  test('what a process appends, two consumers at their end are handed as one record, and brokers are asked less than once for each', async () => {
    const member = at.aMember()
    const topic = await at.ground.topic()
    const consumers = [consume(topic, member), consume(topic, member)]
    await at.ground.append(topic, [aRecord('one', 'first')], member)
    await at.ground.until('they are at their end', () => consumers.every(got => got.length === 1))
    const counts = countFetches()
    for (let n = 0; n < 200; n += 1) await at.ground.append(topic, [aRecord('one', `${n}`)], member)
    await at.ground.until('all are handed out', () => consumers.every(got => got.length === 201))
    expect(consumers[0]?.map(textOf)).toEqual(['first', ...Array.from({ length: 200 }, (_, n) => `${n}`)])
    const same = consumers[0]?.filter((record, nth) => record === consumers[1]?.[nth]).length ?? 0
    expect(same).toBeGreaterThan(150)
    expect(counts.fetches).toBeLessThan(100)
  })

  test('[B2] an append whose answer is lost is handed out as the log has it', async () => {
    const member = at.aMember()
    const topic = await at.ground.topic()
    const got = consume(topic, member)
    await at.ground.append(topic, [aRecord('one', 'first')], member)
    await at.ground.until('it is at its end', () => got.length === 1)
    for (const value of ['a', 'b', 'c']) {
      let [asked, cuts] = [false, 1]
      at.kafka.proxy.watch((chunk, direction) => {
        if (direction === 'to-target') asked ||= isRequest(chunk, PRODUCE)
        else if (asked && cuts-- > 0) return 'cut-before'
        return 'pass'
      })
      await at.ground.append(topic, [aRecord('one', value)], member)
    }
    at.kafka.proxy.watch(null)
    const there = await at.ground.all(topic)
    await at.ground.until('all are handed out', () => got.length >= there.length)
    expect(got.map(({ offset }) => offset)).toEqual(there.map(({ offset }) => offset))
    expect([...new Set(got.map(textOf))]).toEqual(['first', 'a', 'b', 'c'])
  })

  test('[B4] behind a transaction of others that is open nothing is handed out; then all of it, in order', async () => {
    const topic = await at.ground.topic()
    const got = consume(topic)
    await at.ground.append(topic, [aRecord('one', 'before')])
    await at.ground.until('it is at its end', () => got.length === 1)
    const producer = plainClient(at.kafka).producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ key: 'one', value: 'theirs' }] })
    for (const value of ['a', 'b', 'c']) await at.ground.append(topic, [aRecord('one', value)])
    // What others read ends before the transaction, and so does what is handed out.
    expect((await at.ground.all(topic)).map(textOf)).toEqual(['before'])
    expect(got.map(textOf)).toEqual(['before'])
    await transaction.commit()
    await producer.disconnect()
    await at.ground.append(topic, [aRecord('one', 'after')])
    await at.ground.until('all are handed out', () => got.length === 6)
    expect(got.map(textOf)).toEqual(['before', 'theirs', 'a', 'b', 'c', 'after'])
  })

  test('records that the broker dates itself are handed out with its time', async () => {
    const topic = at.ground.consumerGroup()
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await asAdmin(at.kafka, admin =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true }),
    )
    const got = consume(topic)
    for (const value of ['a', 'b', 'c']) {
      await at.ground.append(topic, [aRecord('one', value, { recordedAt: 1 })])
      await at.ground.until(`${value} is handed out`, () => got.some(record => textOf(record) === value))
    }
    expect(got.map(({ recordedAt }) => recordedAt)).toEqual((await at.ground.all(topic)).map(({ recordedAt }) => recordedAt))
    expect(got.every(({ recordedAt }) => recordedAt > 1)).toBe(true)
  })

  test('[H5] a partition that is read from its beginning waits for no idle one, however long brokers may wait', async () => {
    const member = at.aMember({ fetchWaitMs: 600_000, requestTimeoutMs: 900_000 })
    const topic = await at.ground.topic({ partitions: 3 })
    const value = 'x'.repeat(8_000)
    const records = Array.from({ length: 500 }, () => aRecord(keyIn(1, 3), value))
    for (let n = 0; n < 4; n += 1) await at.ground.append(topic, records)
    const got = consume(topic, member)
    await at.ground.until('all are handed out', () => got.length === 2_000)
  })

  test('[H5] a broker is not asked again before it has waited, where every partition is idle', async () => {
    const [fetchWaitMs, asks] = [200, 6]
    const member = at.aMember({ fetchWaitMs })
    const topic = await at.ground.topic({ partitions: 4 })
    const got = consume(topic, member)
    await at.ground.append(topic, [aRecord('one', 'first')])
    await at.ground.until('it is at its end', () => got.length === 1)
    const counts = countFetches()
    const startedAt = performance.now()
    await at.ground.until('it has asked some times', () => counts.fetches >= asks)
    // The first, and one that finds out where the end is, may come at once.
    expect(performance.now() - startedAt).toBeGreaterThan((counts.fetches - 3) * fetchWaitMs)
  })
})
