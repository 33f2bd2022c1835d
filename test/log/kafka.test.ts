// The log in Kafka keeps every promise of the port, on Apache Kafka itself.
import { afterAll, beforeAll, describe, test } from 'vitest'
import { runsHere } from '../../infra/services/available.ts'
import type { Kafka } from '../../infra/services/kafka.ts'
import { kafkaAvailable } from '../../infra/services/kafka-jars.ts'
import { logPromises } from '../contracts/log.ts'
import { openGround } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafka } from '../ground/log/kafka-adapter.ts'

describe.runIf(await runsHere(kafkaAvailable))('the Kafka log', () => {
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

  test.each(Object.entries(logPromises))('%s', async (_title, assertKept) => {
    const ground = await openGround(openKafkaAdapter(kafka, database))
    try {
      await assertKept(ground)
    } finally {
      await ground.close()
    }
  })
})
