// The log in Kafka keeps every promise of the port, on Apache Kafka itself.
import { afterAll, beforeAll, describe } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { eachLogPromise } from '../contracts/log-subject.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafka } from '../ground/log/kafka-adapter.ts'
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

  eachLogPromise(() => openKafkaAdapter(kafka, database))
})
