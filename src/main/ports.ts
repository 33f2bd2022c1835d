// The ports, on the adapters that the configuration chooses: database, log, registry, object store, and what is made of them.
import type { Database } from '../database/database.ts'
import { openPostgres } from '../database/postgres.ts'
import { type Codec, openCodec } from '../events/codec.ts'
import { type TopicName, topics } from '../events/topics.ts'
import type { EventLog, TopicDeclaration } from '../log/log.ts'
import { openPostgresLog } from '../log/postgres.ts'
import { createProgressStore, type ProgressRows } from '../log/progress.ts'
import { cachedRegistry } from '../log/registry-cached.ts'
import { openPostgresRegistry } from '../log/registry-postgres.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { createMediaLinks, type MediaLinks } from '../runtime/media-links.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { Ground } from './ground.ts'
import { keptSecret } from './kept-secret.ts'
import { type Objects, openObjects } from './objects.ts'

export type Ports = {
  database: Database
  log: EventLog
  codec: Codec
  progress: ProgressRows
  objects: ObjectStore
  sealer: Sealer
  links: MediaLinks
  topic(name: TopicName): string
  group(name: string): string
  /** null where the object store signs and serves its own URLs. */
  verifyObjectUrl: Objects['verifyObjectUrl']
  close(): Promise<void>
}
type Deps = { config: Config; ground: Ground; logger: Logger; metrics: Metrics; publicUrl: string }

/** Another partition count than the topics were made with would move keys to other partitions and break their order. */
export class PartitionsDiffer extends Error {
  override name = 'PartitionsDiffer'
  readonly code = 'partitions-differ'
}

/** Of the pool, for appends alone: no other query keeps them waiting. */
const APPEND_CONNECTIONS = 4

export async function openPorts({ config, ground, logger, metrics, publicUrl }: Deps): Promise<Ports> {
  const { sealer } = ground
  const signal = new AbortController().signal
  const topic = (name: TopicName) => `${config.log.topicPrefix}${name}`
  const connect = (applicationName: string, poolSize: number) =>
    openPostgres({ ...ground.database, poolSize, applicationName, logger })
  const database = await connect('zaplog', config.database.poolSize)
  const appendDatabase = await connect('zaplog append', APPEND_CONNECTIONS).catch(async error => {
    await database.close()
    throw error
  })
  const log = openPostgresLog({ database, appendDatabase, logger, metrics })
  const close = async () => {
    await log.close()
    await appendDatabase.close()
    await database.close()
  }
  try {
    await checkTopics(log, declareTopics(config, topic), logger)
    const codec = await openCodec(cachedRegistry(openPostgresRegistry(database)), signal)
    return {
      database,
      log,
      codec,
      progress: createProgressStore(database),
      ...(await openObjects({ config: config.objects, ground, publicUrl, logger })),
      sealer,
      links: createMediaLinks({ publicUrl, key: await keptSecret({ database, sealer }, 'media-links') }),
      topic,
      group: name => `${config.log.groupPrefix}${name}`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const DAY_MS = 86_400_000

const declareTopics = ({ log }: Config, topic: (name: TopicName) => string): readonly TopicDeclaration[] =>
  topics.map(({ name, retentionDays, recordLimitFactor }) => ({
    topic: topic(name),
    partitions: log.partitions,
    replication: 1,
    minInsync: 1,
    retentionMs: retentionDays === null ? 'forever' : retentionDays * DAY_MS,
    cleanup: 'delete',
    maxRecordBytes: log.maxRecordBytes * recordLimitFactor,
  }))

async function checkTopics(log: EventLog, declared: readonly TopicDeclaration[], logger: Logger): Promise<void> {
  const differences = await log.ensureTopics(declared, new AbortController().signal)
  for (const difference of differences) logger.warn('log.topic-differs', difference)
  const partitions = differences.find(({ setting }) => setting === 'partitions')
  if (partitions !== undefined)
    throw new PartitionsDiffer(
      `opening the log: TOPIC_PARTITIONS is ${partitions.declared}, ${partitions.topic} was made with ${partitions.actual}; it cannot be changed afterwards`,
    )
}
