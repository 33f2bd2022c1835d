// A connection to Kafka that breaks costs one more try and no timeout: what is asked over the next one is not mixed up with what was under way.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { aRecord, textOf } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { KAFKA_START_MS, openTestKafkaBehindProxy } from '../ground/log/kafka-adapter.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import type { Cut, Direction } from '../ground/tcp-proxy.ts'

const never = new AbortController().signal
/** Whoever waits for Kafka's timeout fails by the test's. */
const settings = { requestTimeoutMs: 60_000 }
const timeout = 10_000

describe.runIf(await runsHere('kafka'))('a connection to Kafka', () => {
  let kafka: Awaited<ReturnType<typeof openTestKafkaBehindProxy>>
  let server: TestDatabase
  beforeAll(async () => {
    kafka = await openTestKafkaBehindProxy(collectLogLines())
    server = await openTestDatabase('kafka connections')
  }, KAFKA_START_MS)
  afterAll(async () => {
    await server.close()
    await kafka.close()
  })

  const openLog = () => kafka.member(server.database, settings).log

  /** The chunk that is the nth of those in that direction which hold `text`. */
  function cutOnce(direction: Direction, how: Cut, { text = '', nth = 1 } = {}) {
    const plan = { seen: 0, cuts: 0 }
    kafka.proxy.watch((chunk, to) => {
      if (to !== direction || !chunk.includes(text)) return 'pass'
      plan.seen += 1
      if (plan.seen !== nth) return 'pass'
      plan.cuts += 1
      return how
    })
    return plan
  }

  test.for([
    ['before a send arrives', 'to-target', 'cut-before'],
    ['inside a send', 'to-target', 'cut-inside'],
    ['after a send', 'to-target', 'cut-after'],
    ['before its answer', 'to-client', 'cut-before'],
    ['inside its answer', 'to-client', 'cut-inside'],
  ] as const)(
    '[B2] [B3] cut %s it is used again at once, and the record is there once',
    { timeout },
    async ([when, direction, how]) => {
      onTestFinished(kafka.endMembers)
      const topic = when.replaceAll(' ', '-')
      const log = openLog()
      const append = (value: string) => log.append({ topic, records: [aRecord('one', value)] }, never)
      await log.ensureTopics([declareTopic(topic, { partitions: 1 })], never)
      await append('known')
      const plan = cutOnce(direction, how, { text: topic })
      await append('a')
      await append('b')
      expect(plan.cuts).toBe(1)
      const records = await Array.fromAsync(log.read(topic, { from: 'first', until: 'end' }, never))
      expect(records.map(textOf)).toEqual(['known', 'a', 'b'])
    },
  )

  test.for([1, 2, 3, 4, 5, 6])(
    '[B2] cut inside its answer %i since it began, it is used again at once',
    { timeout },
    async nth => {
      onTestFinished(kafka.endMembers)
      const topic = `answer-${nth}`
      await openLog().ensureTopics([declareTopic(topic, { partitions: 1 })], never)
      const plan = cutOnce('to-client', 'cut-inside', { nth })
      await openLog().append({ topic, records: [aRecord('one', 'a')] }, never)
      expect(plan.cuts).toBe(1)
    },
  )
})
