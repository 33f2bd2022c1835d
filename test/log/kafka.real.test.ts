// The log in Kafka keeps every promise of the port, on Apache Kafka itself.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { readKafkaFacts } from '../../src/log/kafka/kafka-facts.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { eachLogPromise } from '../contracts/log-subject.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafka } from '../ground/log/kafka-adapter.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

describe.runIf(await runsHere('kafka'))('the Kafka log', () => {
  let kafka: Kafka
  let database: TestDatabase
  beforeAll(async () => {
    kafka = await openTestKafka()
    database = await openTestDatabase('kafka log', { poolSize: 10 })
  }, KAFKA_START_MS)
  afterAll(async () => {
    await database.close()
    await kafka.close()
  })

  test('[H7] a look at it sees brokers, topics that are missing and those that differ, and makes none', async () => {
    const member = await openKafkaAdapter(kafka, database).openMember()
    await member.log.ensureTopics([declareTopic('looked-at', { partitions: 2 })], never)
    await member.close()
    const of = { brokers: [kafka.brokers], clientId: 'doctor', logger: collectLogLines(), requestTimeoutMs: 8_000 }
    const declared = [declareTopic('looked-at', { partitions: 3 }), declareTopic('not-there')]
    for (const _ of ['once', 'again'])
      expect(await readKafkaFacts(of, declared, never)).toEqual({
        ...{ clusterId: expect.any(String), brokers: 1, unspoken: [], missing: ['not-there'], refused: [] },
        differences: [{ topic: 'looked-at', setting: 'partitions', declared: '3', actual: '2' }],
      })
  })

  eachLogPromise(() => openKafkaAdapter(kafka, database))
})
