// The log in Kafka as the contract suite opens it, on a broker of the test file's own; progress is in Postgres.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaConfig, Kafka as KafkaJs, logLevel } from 'kafkajs'
import { type Kafka, type KafkaOptions, openKafka } from '../../../infra/services/kafka.ts'
import { freePort } from '../../../infra/services/server-process.ts'
import type { Database } from '../../../src/database/database.ts'
import { type KafkaLogSettings, openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import { silenceNegativeTimeouts } from '../../../src/log/kafka/warnings.ts'
import type { EventLog } from '../../../src/log/log.ts'
import { createProgressStore } from '../../../src/log/progress.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { LogAdapter, LogLimits, LogMember } from '../../contracts/log-subject.ts'
import type { TestDatabase } from '../database.ts'
import { openTcpProxy } from '../tcp-proxy.ts'

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Everything sooner than in production, but sessions: a busy test machine must not lose them. */
export const kafkaTestSettings: Partial<KafkaLogSettings> = {
  heartbeatMs: 100,
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  rebalanceGraceMs: 300,
  stopGraceMs: 2_000,
  commitEveryMs: 200,
  fetchWaitMs: 50,
  pollMs: 20,
  retryBaseMs: 5,
  recentBytes: 1024 ** 2,
}

/** For beforeAll: the first of a machine fetches Kafka. */
export const KAFKA_START_MS = 300_000

/** A broker with a directory that goes with it. */
export async function openTestKafka(options: Omit<KafkaOptions, 'directory'> = {}): Promise<Kafka> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-kafka-'))
  const kafka = await openKafka({ ...options, directory })
  return {
    ...kafka,
    close: async () => {
      await kafka.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export const openKafkaAdapter = (kafka: Kafka, database: TestDatabase, logger: Logger = silent): LogAdapter =>
  onKafka(kafka, database, {
    limits: { nulInText: true, compacts: true, lagMsKnown: true },
    openLog: brokers =>
      openKafkaLog({
        brokers,
        clientId: 'zaplog-test',
        logger,
        metrics: createMetrics({ processMetrics: false }),
        settings: kafkaTestSettings,
      }),
  })

/** A client library of Kafka, as the contract suite needs it. */
export type KafkaClientUnderTest = { limits: LogLimits; openLog(brokers: readonly string[]): EventLog }

/** Progress is in Postgres, whichever client reads the log; what retention does is done by another client. */
export const onKafka = (kafka: Kafka, { database }: TestDatabase, { limits, openLog }: KafkaClientUnderTest): LogAdapter => ({
  limits,
  openMember: async () => {
    const log = openLog([kafka.brokers])
    return { log, progress: createProgressStore(database), close: log.close }
  },
  makeProgress: (consumerGroup, topics, partitions) => createProgressStore(database).make(consumerGroup, topics, partitions),
  trim: ({ topic, partition }, beforeOffset) =>
    asAdmin(kafka, async admin => {
      await admin.fetchTopicOffsets(topic) // kafkajs deletes only of topics it has looked at
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: beforeOffset.toString() }] })
    }),
})

/** A broker of which one address leads through a proxy; `member` speaks to it only that way. */
export async function openTestKafkaBehindProxy(logger: Logger) {
  const port = await freePort()
  const proxy = await openTcpProxy({ target: { port } })
  const kafka = await openTestKafka({ proxied: { port, advertisedPort: proxy.port } })
  const opened: EventLog[] = []
  return {
    ...kafka,
    proxy,
    member: (database: Database, settings: Partial<KafkaLogSettings> = {}): LogMember => {
      const log = openKafkaLog({
        brokers: [`127.0.0.1:${proxy.port}`],
        clientId: 'zaplog-proxied',
        logger,
        metrics: createMetrics({ processMetrics: false }),
        settings: { ...kafkaTestSettings, ...settings },
      })
      opened.push(log)
      return { log, progress: createProgressStore(database), close: log.close }
    },
    /** What the proxied members opened since, and the faults they met, are over. */
    endMembers: async () => {
      proxy.watch(null)
      proxy.resume()
      await Promise.all(opened.splice(0).map(log => log.close()))
    },
    close: async () => {
      await kafka.close()
      await proxy.close()
    },
  }
}

/** What an operator, or another team's program, does to the same broker. */
export function plainClient(kafka: Pick<Kafka, 'brokers'>, of: Partial<KafkaConfig> = {}): KafkaJs {
  silenceNegativeTimeouts()
  return new KafkaJs({ clientId: 'somebody-else', brokers: [kafka.brokers], logLevel: logLevel.NOTHING, ...of })
}

export async function asAdmin<Answer>(
  kafka: Pick<Kafka, 'brokers'>,
  act: (admin: ReturnType<KafkaJs['admin']>) => Promise<Answer>,
): Promise<Answer> {
  const admin = plainClient(kafka).admin()
  await admin.connect()
  try {
    return await act(admin)
  } finally {
    await admin.disconnect()
  }
}
