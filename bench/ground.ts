// What benches without a whole zaplog stand on: a Postgres of their own that syncs to disk, with every table, and a broker.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryAvailable } from '../infra/services/available.ts'
import { type Kafka, openKafka } from '../infra/services/kafka.ts'
import { kafkaAvailable } from '../infra/services/kafka-jars.ts'
import { openRegistry } from '../infra/services/registry.ts'
import type { Database } from '../src/database/database.ts'
import { openEmbeddedPostgres } from '../src/database/embedded.ts'
import { migrate } from '../src/database/migrate.ts'
import { openPostgres } from '../src/database/postgres.ts'
import { type TopicName, topics } from '../src/events/topics.ts'
import type { EventLog, TopicDeclaration } from '../src/log/log.ts'
import { roles } from '../src/runtime/config-values.ts'
import { divideConnections } from '../src/runtime/divide-connections.ts'
import { createLogger } from '../src/runtime/logger.ts'
import { NotHere } from './measure.ts'
import { loadStatements, openStatements, type Statements } from './statements.ts'

export type Ground = { url: string; statements: Statements; open(poolSize: number): Promise<Database> }

/** zaplog's defaults (TOPIC_PARTITIONS, DATABASE_POOL_SIZE, and what is left of that for appends beside every other role). */
export const partitions = 24
export const poolSize = 10
export const appendPoolSize = divideConnections(poolSize, { roles, isLogInPostgres: true }).get('appends') ?? 1

export const never = new AbortController().signal
export const topic = (name: TopicName): string => `wa.${name}`
export const consumerGroup = (name: string): string => `zaplog.${name}`

/** On stderr; of a bench no warnings are expected. */
export const logger = createLogger({ level: 'warn' })

export async function openGround(closing: AsyncDisposableStack): Promise<Ground> {
  const dataDir = join(await openDirectory(closing), 'postgres')
  await loadStatements(dataDir)
  const server = await openEmbeddedPostgres({ dataDir, logger })
  closing.defer(server.close)
  await migrate({ url: server.url, logger }, never)
  return {
    url: server.url,
    statements: await openStatements(closing, server.url),
    open: async size => {
      const database = await openPostgres({ url: server.url, poolSize: size, applicationName: 'bench', logger })
      closing.defer(database.close)
      return database
    },
  }
}

/** Rejects with NotHere on a machine that cannot run it. */
export async function openBroker(closing: AsyncDisposableStack): Promise<Kafka> {
  const missing = await kafkaAvailable()
  if (missing !== null) throw new NotHere(missing)
  const kafka = await openKafka({ directory: join(await openDirectory(closing), 'kafka') })
  closing.defer(kafka.close)
  return kafka
}

/** A broker and a registry, as settings. Rejects with NotHere on a machine that cannot run them. */
export async function openKafkaParts(closing: AsyncDisposableStack): Promise<Record<string, string>> {
  const missing = await registryAvailable()
  if (missing !== null) throw new NotHere(missing)
  const broker = await openBroker(closing)
  const registry = await openRegistry()
  closing.defer(registry.close)
  return { KAFKA_BROKERS: broker.brokers, SCHEMA_REGISTRY_URL: registry.url }
}

/** Of one's own, and gone at the end. As root, the embedded Postgres runs as another user, who must get through. */
export async function openDirectory(closing: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-bench-'))
  closing.defer(() => rm(directory, { recursive: true, force: true }))
  await chmod(directory, 0o711)
  return directory
}

export async function ensureTopics(log: EventLog, names: readonly string[] = topics.map(({ name }) => topic(name))) {
  await log.ensureTopics(names.map(declare), never)
}

export const declare = (name: string): TopicDeclaration => ({
  topic: name,
  partitions,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: 2 * 1024 ** 2,
})
