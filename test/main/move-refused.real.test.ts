// Guarantee: a move that would not carry every record as it is is refused in words, and the database stays with its own log.
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { KafkaCopy } from '../../src/log/kafka/kafka-copy.ts'
import { LogError } from '../../src/log/log.ts'
import { MoveRefused } from '../../src/main/move/move-refused.ts'
import { askDesk } from '../ground/ask-desk.ts'
import { declareTopic } from '../ground/log.ts'
import { aRecord, openTestMove, reasonOf, records, type TestMove } from '../ground/move/test-move.ts'
import { runsHere } from '../ground/runs-here.ts'

const never = new AbortController().signal

describe.runIf(await runsHere('kafka', 'registry', 's3'))('a move to Kafka that is refused', () => {
  let its: TestMove
  beforeEach(async context => {
    its = await openTestMove(context.task.name.slice(0, 30))
    onTestFinished(its.close)
  })

  const others = async <T>(work: (kafka: KafkaJs) => Promise<T>) => {
    const { brokers } = JSON.parse(await askDesk('parts')) as { brokers: string }
    return work(new KafkaJs({ brokers: [brokers], logLevel: logLevel.NOTHING }))
  }
  const produce = (topic: string, value: string) =>
    others(async kafka => {
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic, messages: [{ key: 'theirs', value, partition: 0 }] })
      await producer.disconnect()
    })

  test('[G3] a topic with records of others, or another count of partitions, is refused in words, and nothing has changed', async () => {
    const topic = await its.declare('events')
    const narrow = await its.declare('narrow')
    await its.append(topic, records(0, 10), 0)
    await others(async kafka => {
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({
        topics: [{ topic: narrow, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
      })
      await admin.disconnect()
    })
    await its.copy.ensureTopics([declareTopic(topic)], never)
    await produce(topic, 'theirs')
    const outcome = await its.move({}, { dryRun: true })
    const problems = outcome.kind === 'planned' ? outcome.plan.problems : []
    expect(problems).toContain(`${narrow}: partitions is 3 in Kafka, expected 4`)
    expect(problems.join('\n')).toContain(`${topic}/0: Kafka has records up to offset 1 there, expected none`)
    expect(await reasonOf(its.move())).toBe(problems.join('\n'))
    await its.append(topic, records(0, 1), 0)
    expect(await its.database.query('select 1 from log_moves')).toEqual([])
  })

  test('[G3] records that somebody else appended to a copy that had begun are found, and the database stays with its own log', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 5_000), 0)
    let sends = 0
    const appendBesideThem: KafkaCopy['append'] = async (...args) => {
      sends += 1
      if (sends === 3) await produce(topic, 'theirs')
      await its.copy.append(...args)
    }
    expect(await reasonOf(its.move({ copy: { ...its.copy, append: appendBesideThem } }).catch(saidAsRefused))).toContain(
      `${topic}/0`,
    )
    expect(await reasonOf(its.move())).toMatch(new RegExp(`${topic}/0, offset \\d+: its key is another one in Kafka`))
    await its.append(topic, records(0, 1), 0)
  })

  test('[G3] a single record that is another one in Kafka is found by who copied it, and by who comes after', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 5_000), 0)
    const other: KafkaCopy['append'] = (writer, at, some, most) =>
      at.nextOffset === 1_000n
        ? its.copy.append(writer, at, some.with(500, aRecord(1_500, { value: Buffer.from('valuE 1500') })), most)
        : its.copy.append(writer, at, some, most)
    for (const copy of [{ ...its.copy, append: other }, its.copy])
      expect(await reasonOf(its.move({ copy }))).toContain(`${topic}/0, offset 1500: its value is another one in Kafka`)
  })

  /** Who meets it at once learns it from the broker's answer. */
  const saidAsRefused = (error: unknown) => {
    throw error instanceof LogError ? new MoveRefused('copy-differs', [error.message]) : error
  }

  test('[G3] records that Kafka would not take are named before anything is made', async () => {
    const topic = await its.declare('events', { maxRecordBytes: 100_000 })
    await its.append(topic, [aRecord(0, { value: Buffer.alloc(99_950) }), aRecord(1, { value: Buffer.alloc(99_800) })], 1)
    await its.append(topic, [aRecord(2, { recordedAt: -5 })], 2)
    const said = await reasonOf(its.move())
    expect(said).toContain(`${topic}/1: the record at offset 0 takes`)
    expect(said).not.toContain('offset 1')
    expect(said).toContain(`${topic}/2: a record is dated before 1970`)
    await expect(its.copy.findTopic(topic)).rejects.toMatchObject({ code: 'topic-missing' })
  })

  test('[G3] a zaplog that is back while its log is copied keeps it where it is', async () => {
    const topic = await its.declare('events')
    const requireAlone = () => Promise.reject(new MoveRefused('log-in-use', ['it is back']))
    expect(await reasonOf(its.move({ requireAlone }))).toBe('it is back')
    await its.append(topic, records(0, 1), 0)
  })
})
