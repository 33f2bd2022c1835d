// The event log in Kafka: every promise of the port, over Kafka's protocol as kafkajs speaks it and none of kafkajs' own consumer.
// Groups only assign partitions; progress is the consumer's (Postgres), and what is committed to Kafka is a mirror nobody reads.
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { CountedAs } from '../append/appends.ts'
import type { StartAssignment } from '../engine/assignment.ts'
import { createBatches } from '../engine/batches.ts'
import { createConsumptions, type Joined } from '../engine/consumptions.ts'
import { followPartitions } from '../engine/follow.ts'
import { createLanes } from '../engine/lanes.ts'
import type { OpenPartitionReader } from '../engine/partition-reader.ts'
import { createRecentRecords, type RecentRecords } from '../engine/recent-records.ts'
import { waitedFor } from '../engine/waited-for.ts'
import type { Batch, EventLog, Position } from '../log.ts'
import { createKafkaAppend } from './append.ts'
import { createKafkaClient, type KafkaAddress, type KafkaClient } from './client.ts'
import { createKafkaFetcher } from './fetcher.ts'
import { createKafkaGroup, type KafkaGroup } from './group.ts'
import { joinKafkaGroup, type MembershipTimes } from './join-kafka-group.ts'
import { readLag } from './lag.ts'
import { createKafkaLink, type KafkaLink } from './link.ts'
import { readClusterId } from './metadata.ts'
import { readPositions, readTopic } from './read.ts'
import { deleteTopics, ensureTopics, findPartitions } from './topics.ts'

export type KafkaLogSettings = MembershipTimes & {
  /** A broker that does not answer within it is given up, and the connection with it. */
  requestTimeoutMs: number
  /** Brokers hold a fetch that finds nothing so long; a reader that begins waits at most this for its first. */
  fetchWaitMs: number
  /** How often `read` without an end looks for more. */
  pollMs: number
  /** The first wait after a handler threw; doubles up to 60 s. */
  retryBaseMs: number
  /** Intake of a partition stops at so many unfinished records, whatever their size. */
  maxUnfinishedRecords: number
  /** Records that this process appended are kept for its own readers up to so many bytes. */
  recentBytes: number
}
type Deps = KafkaAddress & { logger: Logger; metrics: Metrics; countedAs?: CountedAs; settings?: Partial<KafkaLogSettings> }

const defaults: KafkaLogSettings = {
  requestTimeoutMs: 15_000,
  heartbeatMs: 1_000,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  rebalanceGraceMs: 1_000,
  stopGraceMs: 20_000,
  commitEveryMs: 5_000,
  fetchWaitMs: 200,
  pollMs: 250,
  retryBaseMs: 500,
  maxUnfinishedRecords: 10_000,
  recentBytes: 16 * 1024 ** 2,
}

export type KafkaLog = EventLog & {
  /** What the cluster calls itself, for as long as it lives. Rejects LogError. */
  clusterId(): Promise<string>
  /** Of each group that its coordinator does not let us take part in, why. */
  groupTroubles(): readonly string[]
}

/** Connects when first used. */
export function openKafkaLog(deps: Deps): KafkaLog {
  const { logger, metrics } = deps
  const settings = { ...defaults, ...deps.settings }
  const groups = new Set<KafkaGroup>()
  const client = createKafkaClient(deps, settings, logger)
  const link = createKafkaLink(client)
  const recent = createRecentRecords({ maxBytes: settings.recentBytes })
  const { requestTimeoutMs } = settings
  const appender = createKafkaAppend({ ...deps, client, link, recent, requestTimeoutMs })
  const consumptions = createConsumptions()
  const consuming: Consuming = { client, link, recent, groups, logger, settings }
  let closed: Promise<void> | null = null

  async function close() {
    // What running handlers still append is durable before the appender closes.
    await consumptions.close()
    await appender.close()
    await link.close()
  }

  return {
    append: appender.append,
    inside: null,
    consumeLanes: (consumer, signal) => {
      const engine: Engine = openReader =>
        createLanes({ append: appender.append, openReader, logger, metrics, ...settings }, consumer)
      return consumptions.begin(signal, stopping => joinWith(consuming, consumer, engine, stopping))
    },
    consumeBatches: (consumer, signal) => {
      const engine: Engine = openReader => createBatches({ openReader, logger, ...settings }, consumer)
      return consumptions.begin(signal, stopping => joinWith(consuming, consumer, engine, stopping))
    },
    read: (topic, range, signal) =>
      readTopic({ link, pollMs: settings.pollMs }, topic, range, AbortSignal.any([signal, consumptions.closing])),
    follow: (from, signal) => follow(consuming, from, AbortSignal.any([signal, consumptions.closing])),
    lag: (of, signal) => readLag(link, of, signal),
    positionsAt: (topic, edge, signal) => readPositions(link, topic, edge, signal),
    ensureTopics: (declared, signal) => ensureTopics(link, declared, signal),
    deleteTopics: async (topics, signal) => {
      await deleteTopics(link, topics, signal)
      appender.forget(topics)
    },
    clusterId: () => readClusterId(link),
    groupTroubles: () => [...groups].flatMap(group => group.trouble() ?? []),
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

type Consuming = {
  client: KafkaClient
  link: KafkaLink
  recent: RecentRecords
  groups: Set<KafkaGroup>
  logger: Logger
  settings: KafkaLogSettings
}
type Consumer = { consumerGroup: string; topics: readonly string[] }
type Engine = (openReader: OpenPartitionReader) => StartAssignment

/** Connections of its own for the group and for its fetches: a join or a fetch that waits delays nothing else. */
async function joinWith(of: Consuming, consumer: Consumer, engine: Engine, signal: AbortSignal): Promise<Joined | null> {
  const { client, recent, groups, logger, settings } = of
  const counts = await partitionCounts(of, consumer.topics, signal)
  if (counts === null) return null
  const fetching = createKafkaLink(client)
  const talking = createKafkaLink(client)
  const fetcher = createKafkaFetcher({ link: fetching, recent, logger, maxWaitMs: settings.fetchWaitMs })
  const startAll = engine(fetcher.openReader)
  const start = (partition: number) =>
    startAll(Object.entries(counts).flatMap(([topic, count]) => (partition < count ? [{ topic, partition }] : [])))
  const group = createKafkaGroup(talking, { name: consumer.consumerGroup, counts }, settings)
  groups.add(group)
  const about = { group, name: consumer.consumerGroup, logger, times: settings, start, hangUp: talking.discard }
  const close = async () => {
    groups.delete(group)
    fetcher.close()
    await Promise.all([fetching.close(), talking.close()])
  }
  return { ...joinKafkaGroup(about, signal), close }
}

/** A connection of its own: a fetch that waits delays nothing else. */
async function* follow(
  { client, recent, logger, settings }: Consuming,
  from: readonly Position[],
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const fetching = createKafkaLink(client)
  const fetcher = createKafkaFetcher({ link: fetching, recent, logger, maxWaitMs: settings.fetchWaitMs })
  try {
    yield* followPartitions(fetcher.openReader, from, signal)
  } finally {
    fetcher.close()
    await fetching.close()
  }
}

/** Rejects where a topic does not exist; Kafka itself is waited for. null: stopped first. */
async function partitionCounts({ link, logger }: Consuming, topics: readonly string[], signal: AbortSignal) {
  const find = () =>
    Promise.all(topics.map(async topic => [topic, (await findPartitions(link, topic, signal)).partitions] as const))
  const counts = await waitedFor('the topics of a consumer', find, { logger, signal })
  return counts === null ? null : Object.fromEntries(counts)
}
