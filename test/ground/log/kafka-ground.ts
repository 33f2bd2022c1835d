// For the tests of one describe: a Kafka of their own whose proxied address can be cut, a database, and for each test a fresh ground.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Logger } from '../../../src/runtime/logger.ts'
import { type Ground, openGround } from '../../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafkaBehindProxy } from './kafka-adapter.ts'

type ProxiedKafka = Awaited<ReturnType<typeof openTestKafkaBehindProxy>>
type ProxiedGround = {
  readonly kafka: ProxiedKafka
  /** Reaches Kafka straight. */
  readonly ground: Ground
  /** Speaks to Kafka through the proxy only. */
  aMember(settings?: Parameters<ProxiedKafka['member']>[1]): ReturnType<ProxiedKafka['member']>
}

/** To be called within describe; what it answers is there while a test runs. */
export function useProxiedGround(name: string, logger: Logger, patienceMs?: number): ProxiedGround {
  let opened: { kafka: ProxiedKafka; server: TestDatabase } | null = null
  let ground: Ground | null = null
  const there = <T>(part: T | null): T => {
    if (part === null) throw new Error(`using the Kafka of ${name}: expected a test to be running`)
    return part
  }
  beforeAll(async () => {
    opened = { kafka: await openTestKafkaBehindProxy(logger), server: await openTestDatabase(name, { poolSize: 10 }) }
  }, KAFKA_START_MS)
  afterAll(async () => {
    await opened?.server.close()
    await opened?.kafka.close()
  })
  beforeEach(async () => {
    const { kafka, server } = there(opened)
    ground = await openGround(openKafkaAdapter(kafka, server, logger), patienceMs)
  })
  afterEach(async () => {
    const { kafka } = there(opened)
    kafka.proxy.watch(null)
    kafka.proxy.resume()
    await there(ground).close()
    await kafka.endMembers()
  })
  return {
    get kafka() {
      return there(opened).kafka
    },
    get ground() {
      return there(ground)
    },
    aMember: settings => there(opened).kafka.member(there(opened).server.database, settings),
  }
}
