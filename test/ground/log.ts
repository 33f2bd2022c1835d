// A log of its own for a test: the Postgres log with every topic, its registry, a codec, and a progress store, on a test database.
import { type Codec, openCodec } from '../../src/events/codec.ts'
import { type TopicName, topics } from '../../src/events/topics.ts'
import type { EventLog, TopicDeclaration } from '../../src/log/log.ts'
import { openPostgresLog, type PostgresLogSettings } from '../../src/log/postgres/postgres.ts'
import { createProgressStore, type ProgressRows } from '../../src/log/progress.ts'
import { openPostgresRegistry } from '../../src/registry/postgres.ts'
import type { SchemaRegistry } from '../../src/registry/registry.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { TestDatabase } from './database.ts'

export type TestLog = {
  log: EventLog
  registry: SchemaRegistry
  codec: Codec
  /** For one member of each group; another member takes a store of its own. */
  progress: ProgressRows
  topic(name: TopicName): string
  replayTopic(name: string): string
  declareKept(topic: string): TopicDeclaration
  close(): Promise<void>
}

/** Everything a hundred times sooner than in production, but leases: a busy test machine must not lose them. */
export const testSettings: PostgresLogSettings = {
  heartbeatMs: 100,
  ttlMs: 5_000,
  rebalanceGraceMs: 300,
  stopGraceMs: 2_000,
  pollMs: 50,
  retryBaseMs: 5,
  maxUnfinishedRecords: 10_000,
  trimEveryMs: 3_600_000,
  recentBytes: 1024 ** 2,
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export async function openTestLog(
  { database }: TestDatabase,
  options: { partitions?: number; logger?: Logger; settings?: Partial<PostgresLogSettings> } = {},
): Promise<TestLog> {
  const { partitions = 4, logger = silent, settings = {} } = options
  const signal = new AbortController().signal
  const topic = (name: TopicName) => `wa.${name}`
  const log = openPostgresLog({
    database,
    logger,
    metrics: createMetrics({ processMetrics: false }),
    settings: { ...testSettings, ...settings },
  })
  await log.ensureTopics(
    topics.map(({ name, recordLimitFactor }) =>
      declareTopic(topic(name), { partitions, maxRecordBytes: recordLimitFactor * 2 * 1024 ** 2 }),
    ),
    signal,
  )
  const registry = openPostgresRegistry(database)
  return {
    log,
    registry,
    codec: await openCodec(registry, signal),
    progress: createProgressStore(database),
    topic,
    replayTopic: (name: string) => `wa.replay.${name}`,
    declareKept: (topic: string) => declareTopic(topic, { partitions, maxRecordBytes: 5 * 1024 ** 2 }),
    close: log.close,
  }
}

export const declareTopic = (topic: string, of: Partial<TopicDeclaration> = {}): TopicDeclaration => ({
  topic,
  partitions: 4,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: 2 * 1024 ** 2,
  ...of,
})

/** As a log is that is in no database of ours: what a transaction owes it goes through an outbox. */
export const elsewhere = (log: EventLog): EventLog => ({ ...log, inside: null })
