// The event log in Postgres: every promise of the port on tables of one database, with dense offsets and leases judged by its clock.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { CountedAs } from '../append/appends.ts'
import type { StartAssignment } from '../engine/assignment.ts'
import { createBatches } from '../engine/batches.ts'
import { createConsumptions, type Joined } from '../engine/consumptions.ts'
import { followPartitions } from '../engine/follow.ts'
import { createLanes } from '../engine/lanes.ts'
import { createRecentRecords } from '../engine/recent-records.ts'
import { waitedFor } from '../engine/waited-for.ts'
import type { EventLog } from '../log.ts'
import { createPostgresAppend } from './append.ts'
import { createAppendInside } from './append-inside.ts'
import { deleteTopics } from './delete-topics.ts'
import { readLag } from './lag.ts'
import { readPositions, readTopic } from './read.ts'
import { openPostgresReader } from './reader.ts'
import { openRetention } from './retention.ts'
import { openTails } from './tails.ts'
import { type Leases, takeLeases } from './take-leases.ts'
import { ensureTopics, findTopic } from './topics.ts'

export type PostgresLogSettings = Leases & {
  /** Readers look for new records so often; NOTIFY wakes them earlier. */
  pollMs: number
  /** The first wait after a handler threw; doubles up to 60 s. */
  retryBaseMs: number
  /** Intake of a partition stops at so many unfinished records, whatever their size. */
  maxUnfinishedRecords: number
  /** How often records older than their topic's retention are deleted. */
  trimEveryMs: number
  /** Records that this process appended are kept for its own readers up to so many bytes. */
  recentBytes: number
}
type Deps = {
  database: Database
  /** A connection of its own for leases: one that expires then means that Postgres is silent, not that our own work is in the way. */
  leaseDatabase?: Database
  /** How many appends may be sent at once, each over its own connection [2]. */
  sends?: number
  logger: Logger
  metrics: Metrics
  countedAs?: CountedAs
  settings?: Partial<PostgresLogSettings>
}

const SENDS = 2

type Consumer = { consumerGroup: string; topics: readonly string[] }

const defaults: PostgresLogSettings = {
  heartbeatMs: 1_000,
  ttlMs: 5_000,
  rebalanceGraceMs: 1_000,
  stopGraceMs: 20_000,
  pollMs: 250,
  retryBaseMs: 500,
  maxUnfinishedRecords: 10_000,
  trimEveryMs: 60_000,
  recentBytes: 16 * 1024 ** 2,
}

export type PostgresLog = EventLog & {
  /** The same log, read and consumed through these connections; closing it closes the log. */
  over(database: Database): EventLog
}

export function openPostgresLog(deps: Deps): PostgresLog {
  const { database, logger, metrics } = deps
  const leaseDatabase = deps.leaseDatabase ?? database
  const settings = { ...defaults, ...deps.settings }
  const consumptions = createConsumptions()
  const recent = createRecentRecords({ maxBytes: settings.recentBytes })
  const tails = openTails({ database, recent, logger, pollMs: settings.pollMs })
  const { appended } = tails
  const appender = createPostgresAppend({ ...deps, sends: deps.sends ?? SENDS, recent, appended })
  const inside = createAppendInside({ ...appender, recent, appended })
  const retention = openRetention({ database, logger, trimEveryMs: settings.trimEveryMs })
  let closed: Promise<void> | null = null

  async function close() {
    // What running handlers still append is durable before the appender closes.
    await consumptions.close()
    await appender.close()
    await Promise.all([tails.close(), retention.close()])
  }

  function over(database: Database): EventLog {
    const openReader = (from: Parameters<typeof openPostgresReader>[1]) =>
      openPostgresReader({ database, tails, recent, logger }, from)
    const consume = (consumer: Consumer, startAll: StartAssignment, signal: AbortSignal) =>
      consumptions.begin(signal, stopping =>
        joinWith({ database, leaseDatabase, logger, settings }, consumer, startAll, stopping),
      )
    return {
      append: appender.append,
      inside,
      consumeLanes: (consumer, signal) =>
        consume(consumer, createLanes({ append: appender.append, openReader, logger, metrics, ...settings }, consumer), signal),
      consumeBatches: (consumer, signal) =>
        consume(consumer, createBatches({ openReader, logger, ...settings }, consumer), signal),
      read: (topic, range, signal) =>
        readTopic({ database, tails }, topic, range, AbortSignal.any([signal, consumptions.closing])),
      follow: (from, signal) => followPartitions(openReader, from, AbortSignal.any([signal, consumptions.closing])),
      lag: (of, signal) => readLag(database, of, signal),
      positionsAt: (topic, edge, signal) => readPositions({ database }, topic, edge, signal),
      ensureTopics: (declared, signal) => ensureTopics(database, declared, signal),
      deleteTopics: async (topics, signal) => {
        await deleteTopics(database, topics, signal)
        appender.forget(topics)
      },
      close: () => {
        closed ??= close()
        return closed
      },
    }
  }

  return { ...over(database), over }
}

type Joining = { database: Database; leaseDatabase: Database; logger: Logger; settings: PostgresLogSettings }

/** Rejects where a topic does not exist; Postgres itself is waited for. null: stopped first. */
async function joinWith(of: Joining, consumer: Consumer, startAll: StartAssignment, signal: AbortSignal): Promise<Joined | null> {
  const { database, leaseDatabase, logger, settings } = of
  const find = () => Promise.all(consumer.topics.map(topic => findTopic(database, topic)))
  const counts = await waitedFor('the topics of a consumer', find, { logger, signal })
  if (counts === null) return null
  const start = (partition: number) =>
    startAll(counts.filter(({ partitions }) => partition < partitions).map(({ topic }) => ({ topic, partition })))
  const group = { name: consumer.consumerGroup, partitions: Math.max(...counts.map(({ partitions }) => partitions)) }
  return takeLeases({ database: leaseDatabase, logger, leases: settings, start }, group, signal)
}
