// Runs one projection on the partitions this member is given: every event exactly once in effect, in log order per instance,
// and it says what keeps it from going on.
import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import { givesWay, type TopicName } from '../events/topics.ts'
import type { BatchConsumer, EventLog } from '../log/log.ts'
import { liveLateness } from '../runtime/lateness.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { checkProjection } from './check-projection.ts'
import { tickDue, workOnRequests } from './due-work.ts'
import { createFellows, type Fellows } from './fellows.ts'
import { createOwnedPartitions, type OwnedPartitions } from './owned-partitions.ts'
import { openPartition } from './partition.ts'
import { type Projection, titleOf } from './projection.ts'
import { openProjectionMetrics, type ProjectionMetrics } from './projection-metrics.ts'
import { createRereading, type Rereading } from './reread.ts'
import type { EarlierSecrets } from './reread-step.ts'
import { createTroubles, type Troubles } from './troubles.ts'
import { watchLag } from './watch-lag.ts'

export type ProjectionDeps = {
  database: Database
  log: EventLog
  codec: Codec
  topic(name: TopicName): string
  consumerGroup(name: string): string
  /** Of every topic that is read. */
  partitions: number
  logger: Logger
  metrics: Metrics
  /** Epoch milliseconds. */
  clock?: () => number
  /** Of all projections of this process [it goes alone]. */
  fellows?: Fellows
  /** For what is read again [nothing is]. */
  earlierSecrets?: EarlierSecrets
}

const MAX_BATCH_RECORDS = 1_000
/** Of what gives way: what is live in the same partition waits for one of them. */
const MAX_GIVING_WAY = 100
const MAX_BATCH_BYTES = 8 * 1024 * 1024
const TICK_MS = 250
const RESUME_POLL_MS = 1_000
const REREAD_POLL_MS = 1_000

export function openProjection(deps: ProjectionDeps, projection: Projection): Role {
  const { database, clock = Date.now, fellows = createFellows(deps) } = deps
  const stopping = new AbortController()
  const title = titleOf(projection)
  const metrics = openProjectionMetrics(deps.metrics, title)
  const open = (partition: number) => openPartition({ ...deps, fellows }, { projection, metrics }, partition)
  const partitions = createOwnedPartitions({ ...deps, open }, projection)
  const troubles = createTroubles(deps.logger, title)

  const consumption = deps.log.consumeBatches(consumerOf(deps, { projection, partitions, metrics }), stopping.signal)
  const own = () => partitions.running(consumption.status())
  const positions = () => partitions.positions(consumption.status())
  const lag = watchLag({ log: deps.log, clock, report: metrics.lag, say: troubles.say }, positions, stopping.signal)

  const tick = (signal: AbortSignal) => tickDue({ database, projection, own: own() }, clock(), signal)
  const resume = async (signal: AbortSignal) => {
    metrics.quarantinedKeys(own().reduce((sum, one) => sum + one.quarantined().length, 0))
    await workOnRequests({ database, projection, own: own() }, signal)
  }
  const rereading = rereadingOf(deps, projection)
  const timers = [
    ...(rereading === null
      ? []
      : [
          every(
            { intervalMs: REREAD_POLL_MS, doing: 'reading earlier records again', work: signal => rereading.work(own(), signal) },
            troubles,
            stopping.signal,
          ),
        ]),
    every({ intervalMs: TICK_MS, doing: 'ticking', work: tick }, troubles, stopping.signal),
    every({ intervalMs: RESUME_POLL_MS, doing: 'resuming', work: resume }, troubles, stopping.signal),
  ]

  const stop = async () => {
    stopping.abort()
    await consumption.done
    await Promise.all([...timers, lag.done, partitions.idle()])
    metrics.lag(null)
  }
  let stopped: Promise<void> | null = null
  const check = () => {
    const status = consumption.status()
    const quarantined = own().flatMap(one => one.quarantined())
    const said = [...new Set([...partitions.missing(status), ...troubles.list()])]
    return checkProjection(title, { status, stuck: lag.stuck(status), troubles: said, quarantined })
  }
  return {
    name: `projection ${title}`,
    checks: () => [check(), ...(rereading?.checks() ?? [])],
    close: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

const rereadingOf = ({ earlierSecrets: secrets, ...deps }: ProjectionDeps, projection: Projection): Rereading | null =>
  secrets === undefined ? null : createRereading({ ...deps, secrets }, projection)

type Consuming = { projection: Projection; partitions: OwnedPartitions; metrics: ProjectionMetrics }

function consumerOf(deps: ProjectionDeps, { projection, partitions, metrics }: Consuming): BatchConsumer {
  const givingWay = projection.reads.filter(givesWay).map(deps.topic)
  return {
    consumerGroup: deps.consumerGroup(titleOf(projection)),
    topics: projection.reads.map(deps.topic),
    maxBatchRecords: MAX_BATCH_RECORDS,
    maxBatchRecordsOf: Object.fromEntries(givingWay.map(topic => [topic, MAX_GIVING_WAY])),
    maxBatchBytes: MAX_BATCH_BYTES,
    positions: partitions.takeOver,
    handle: async (batch, signal) => {
      const startedAt = performance.now()
      const outcome = await partitions.of(batch.partition).handle(batch, signal)
      const tookMs = performance.now() - startedAt
      metrics.batchSeconds(tookMs / 1000)
      if (!givingWay.includes(batch.topic)) liveLateness.note(tookMs)
      return outcome
    },
  }
}

type Recurring = { intervalMs: number; doing: string; work(signal: AbortSignal): Promise<void> }

/** Again and again until the signal aborts; what fails is said, and tried again the next time. */
async function every({ intervalMs, doing, work }: Recurring, troubles: Troubles, signal: AbortSignal): Promise<void> {
  while (await wait(intervalMs, signal)) {
    const trouble = await work(signal).then(() => null, describeError)
    if (!signal.aborted) troubles.say(doing, trouble)
  }
}
