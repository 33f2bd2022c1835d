// The event log and the registry that the configuration chooses: Kafka with a registry server, or both in Postgres.
import type { Database } from '../database/database.ts'
import { type TopicName, topics } from '../events/topics.ts'
import type { KafkaLog } from '../log/kafka/kafka.ts'
import type { EventLog, TopicDeclaration, TopicDifference } from '../log/log.ts'
import { openPostgresLog } from '../log/postgres/postgres.ts'
import { cachedRegistry } from '../registry/cached.ts'
import { openPostgresRegistry } from '../registry/postgres.ts'
import type { SchemaRegistry } from '../registry/registry.ts'
import { CodedError } from '../runtime/coded-error.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'
import type { Databases } from './databases.ts'
import { kafkaSecurityOf } from './kafka-security.ts'
import { checkGroups, checkTopics } from './log-checks.ts'
import { claimLog, refuseOtherLog } from './log-identity.ts'
import { createLogStanding, type LogStanding } from './log-standing.ts'
import { refuseWhileMoving } from './move/refuse-while-moving.ts'
import type { Part, Parts } from './parts.ts'
import { registryOptionsOf } from './registry-options.ts'
import type { Waits } from './waits.ts'

export type Log = {
  log: EventLog
  /** The same log for one kind of work: what is read for it goes through its own connections, where the log is in Postgres. */
  over(database: Database): EventLog
  registry: SchemaRegistry
  /** How a topic is made that is kept until somebody deletes it, and takes what any other has with headers of its own. */
  declareKept(topic: string): TopicDeclaration
  /** Degraded where a topic has other settings than it is declared with, and while a consumer group cannot be taken part in. */
  checks(): readonly Check[]
  /** Asks the log's own server something that it can always answer; null: the log is in Postgres. */
  ask: (() => Promise<unknown>) | null
  /** Asks Postgres whether the database still belongs to this log, which the checks then say. */
  lookAtStanding: LogStanding['look']
  /** Before the first offset of it is kept: from now on the database belongs to this log. Rejects OtherLog. */
  claim(): Promise<void>
  close(): Promise<void>
}
/** kafka: null where the log is in Postgres. */
type Opened = Pick<Log, 'log' | 'over' | 'registry' | 'close'> & { kafka: Pick<KafkaLog, 'clusterId' | 'groupTroubles'> | null }
type Deps = {
  config: Config
  parts: Parts
  waits: Waits
  databases: Databases
  logger: Logger
  metrics: Metrics
}

/** Another partition count than the topics were made with would move keys to other partitions and break their order. */
export class PartitionsDiffer extends CodedError<'partitions-differ'> {
  override name = 'PartitionsDiffer'
  readonly port = 'start'
  constructor(message: string) {
    super({ code: 'partitions-differ', message, retryable: false, settings: ['TOPIC_PARTITIONS'] })
  }
}

const DAY_MS = 86_400_000

export async function openLog(deps: Deps, topic: (name: TopicName) => string): Promise<Log> {
  const { config, parts, waits } = deps
  const database = deps.databases.of('appends')
  const { kafka, ...opened } = config.kafka.brokers === null ? openEmbedded(deps) : await openKafka(deps, config.kafka.brokers)
  try {
    const clusterId = kafka === null ? null : await waits.waitFor(parts.kafka, kafka.clusterId)
    const identity = { clusterId, topicPrefix: config.log.topicPrefix }
    await waits.waitFor(parts.postgres, () => refuseOtherLog(database, identity))
    if (clusterId === null) await waits.waitFor(parts.postgres, () => refuseWhileMoving(database))
    const differences = await ensureTopics(deps, opened.log, declareTopics(config, topic))
    refuseOtherPartitions(differences, parts.kafka)
    const standing = createLogStanding(deps, identity)
    return {
      ...opened,
      lookAtStanding: standing.look,
      declareKept: name => declareKept(config, name),
      checks: () => [...standing.checks(), ...checkTopics(differences), ...checkGroups(kafka?.groupTroubles() ?? [])],
      ask: kafka?.clusterId ?? null,
      claim: () => claimLog(database, identity),
    }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Topics of replays come and go: all of them are one in metrics. */
export const countedAs =
  ({ topicPrefix }: Pick<Config['log'], 'topicPrefix'>) =>
  (topic: string): string =>
    topic.startsWith(`${topicPrefix}replay.`) ? 'replay' : topic

function openEmbedded({ config, databases, logger, metrics }: Deps): Opened {
  const database = databases.of('appends')
  const log = openPostgresLog({
    database,
    sends: databases.sizeOf('appends'),
    ...(databases.leases !== null && { leaseDatabase: databases.leases }),
    logger,
    metrics,
    countedAs: countedAs(config.log),
  })
  return { log, over: log.over, registry: cachedRegistry(openPostgresRegistry(database)), kafka: null, close: log.close }
}

/** Loads what the embedded log does without. */
async function openKafka({ config, logger, metrics }: Deps, brokers: readonly string[]): Promise<Opened> {
  const { kafka } = config
  const { openKafkaLog } = await import('../log/kafka/kafka.ts')
  const { openConfluentRegistry } = await import('../registry/confluent.ts')
  const log = openKafkaLog({
    brokers,
    clientId: 'zaplog',
    ...kafkaSecurityOf(kafka),
    logger,
    metrics,
    countedAs: countedAs(config.log),
  })
  const { autoRegister } = config.schemaRegistry
  const registry = openConfluentRegistry({ ...registryOptionsOf(config, logger), autoRegister })
  return { log, over: () => log, registry: cachedRegistry(registry), kafka: log, close: log.close }
}

export const declareTopics = (config: Config, topic: (name: TopicName) => string): readonly TopicDeclaration[] =>
  topics.map(({ name, retentionDays, recordLimitFactor }) => ({
    ...copiesOf(config),
    topic: topic(name),
    retentionMs: retentionDays === null ? config.log.retentionMs : retentionDays * DAY_MS,
    cleanup: 'delete',
    maxRecordBytes: config.log.maxRecordBytes * recordLimitFactor,
  }))

/** More than any header of ours. */
const HEADER_BYTES = 4096

export const declareKept = (config: Config, topic: string): TopicDeclaration => ({
  ...copiesOf(config),
  topic,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: config.log.maxRecordBytes * Math.max(...topics.map(one => one.recordLimitFactor)) + HEADER_BYTES,
})

const copiesOf = ({ log, kafka }: Config): Pick<TopicDeclaration, 'partitions' | 'replication' | 'minInsync'> => ({
  partitions: log.partitions,
  replication: kafka.brokers === null ? 1 : kafka.replication,
  minInsync: kafka.brokers === null ? 1 : (kafka.minInsync ?? (kafka.replication >= 3 ? 2 : 1)),
})

async function ensureTopics({ parts, waits, logger }: Deps, log: EventLog, declared: readonly TopicDeclaration[]) {
  const differences = await waits.waitFor(parts.kafka ?? parts.postgres, signal => log.ensureTopics(declared, signal))
  for (const difference of differences) logger.warn('log.topic-differs', difference)
  return differences
}

function refuseOtherPartitions(differences: readonly TopicDifference[], kafka: Part | null): void {
  const partitions = differences.find(({ setting }) => setting === 'partitions')
  if (partitions === undefined) return
  const where = kafka === null ? 'Postgres' : `Kafka at ${kafka.address}`
  throw new PartitionsDiffer(
    `opening the log in ${where}: TOPIC_PARTITIONS is ${partitions.declared}, ${partitions.topic} was made with ${partitions.actual}; it cannot be changed afterwards`,
  )
}
