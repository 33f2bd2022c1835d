// Runs one projection on the partitions this member is given: every event exactly once in effect, in log order per instance,
// and it says what keeps it from going on.
import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { BatchConsumer, EventLog, Position, TopicPartition } from '../log/log.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check, Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { createBatchSteps } from './batch-steps.ts'
import { checkProjection } from './check-projection.ts'
import { missingCheckpoint, takeCheckpoints } from './checkpoints.ts'
import { type OwnedPartition, openPartition } from './partition.ts'
import type { Projection } from './projection.ts'
import { openProjectionMetrics } from './projection-metrics.ts'
import { listQuarantined } from './quarantine.ts'
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
}

const MAX_BATCH_RECORDS = 1_000
const MAX_BATCH_BYTES = 8 * 1024 * 1024
const TICK_MS = 250
const RESUME_POLL_MS = 1_000

export function openProjection(deps: ProjectionDeps, projection: Projection): Role {
  const stopping = new AbortController()
  const clock = deps.clock ?? Date.now
  const metrics = openProjectionMetrics(deps.metrics, projection.name)
  const partitions = new Map<number, OwnedPartition>()
  const takeBatch = createBatchSteps({ ...deps, metrics }, projection)
  /** Partitions whose checkpoint row is not there. */
  const missing = new Map<number, string>()
  /** Why the timers of this projection do not do their work; what is said once is not said again. */
  const troubles = new Map<string, string>()

  const consumer: BatchConsumer = {
    consumerGroup: deps.consumerGroup(projection.version === 1 ? projection.name : `${projection.name}.${projection.version}`),
    topics: projection.reads.map(deps.topic),
    maxBatchRecords: MAX_BATCH_RECORDS,
    maxBatchBytes: MAX_BATCH_BYTES,
    positions: takeOver,
    handle: async (batch, signal) => {
      const startedAt = performance.now()
      const outcome = await partitionOf(batch.partition).handle(batch, signal)
      metrics.batchSeconds((performance.now() - startedAt) / 1000)
      return outcome
    },
  }
  const consumption = deps.log.consumeBatches(consumer, stopping.signal)
  const lag = watchLag({ log: deps.log, clock, report: metrics.lag, say }, ownPositions, stopping.signal)
  const timers = [every(TICK_MS, 'ticking', tickDue), every(RESUME_POLL_MS, 'resuming', resumeRequested)]

  /** A partition without a checkpoint is left out, and its topics halt. */
  async function takeOver(assigned: readonly TopicPartition[], signal: AbortSignal): Promise<readonly Position[]> {
    const numbers = [...new Set(assigned.map(one => one.partition))]
    const checkpoints = await takeCheckpoints(deps.database, projection, numbers, signal)
    for (const checkpoint of checkpoints) await partitionOf(checkpoint.partition).take(checkpoint, signal)
    for (const number of numbers) noteMissing(number, !checkpoints.some(one => one.partition === number))
    return assigned.flatMap(({ topic, partition }) => {
      const nextOffset = partitions.get(partition)?.offsets().get(nameOf(topic))
      return nextOffset === undefined ? [] : [{ topic, partition, nextOffset }]
    })
  }

  function noteMissing(partition: number, isMissing: boolean): void {
    if (!isMissing) return void missing.delete(partition)
    const reason = missingCheckpoint(projection, partition)
    if (!missing.has(partition))
      deps.logger.warn('projection.checkpoint-missing', { projection: projection.name, partition, reason })
    missing.set(partition, reason)
  }

  function partitionOf(number: number): OwnedPartition {
    const known = partitions.get(number)
    if (known !== undefined) return known
    const opened = openPartition({ ...deps, metrics, takeBatch }, projection, number)
    partitions.set(number, opened)
    return opened
  }

  const nameOf = (topic: string): string => projection.reads.find(name => deps.topic(name) === topic) ?? topic

  /** Partitions that are ours now and not halted. */
  function ownPartitions(): readonly OwnedPartition[] {
    const numbers = new Set(consumption.status().flatMap(one => (one.state === 'halted' ? [] : [one.partition])))
    return [...partitions.values()].filter(one => numbers.has(one.partition))
  }

  function ownPositions(): readonly Position[] {
    return ownPartitions().flatMap(({ partition, offsets }) =>
      [...offsets()].flatMap(([name, nextOffset]) => {
        const read = projection.reads.find(one => one === name)
        return read === undefined ? [] : [{ topic: deps.topic(read), partition, nextOffset }]
      }),
    )
  }

  async function tickDue(signal: AbortSignal): Promise<void> {
    if (projection.tick === undefined) return
    const nowAt = clock()
    const due = projection.due === undefined ? null : new Set(await projection.due(deps.database, nowAt))
    for (const owned of ownPartitions()) if (due === null || due.has(owned.partition)) await owned.tick(nowAt, signal)
  }

  async function resumeRequested(signal: AbortSignal): Promise<void> {
    const own = ownPartitions()
    metrics.quarantinedKeys(own.reduce((sum, one) => sum + one.quarantined().length, 0))
    const holding = own.filter(one => one.quarantined().length > 0).map(one => one.partition)
    if (holding.length === 0) return
    const listed = await listQuarantined(deps.database, projection, holding)
    for (const { partition, key, resumeRequested } of listed)
      if (resumeRequested) await partitionOf(partition).resume(key, signal)
    const keys = new Set(listed.map(one => one.key))
    // Rows that are gone went with their instance, or were resumed elsewhere.
    for (const one of own) if (one.quarantined().some(({ key }) => !keys.has(key))) await one.reread(signal)
  }

  /** Runs `work` again and again; what fails is said, and tried again at the next turn. */
  async function every(intervalMs: number, doing: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (await wait(intervalMs, stopping.signal)) {
      const trouble = await work(stopping.signal).then(() => null, describeError)
      if (!stopping.signal.aborted) say(doing, trouble)
    }
  }

  function say(what: string, trouble: string | null): void {
    if (trouble === (troubles.get(what) ?? null)) return
    if (trouble === null) troubles.delete(what)
    else {
      troubles.set(what, trouble)
      deps.logger.warn('projection.stuck', { projection: projection.name, what, reason: trouble })
    }
  }

  function checks(): readonly Check[] {
    const status = consumption.status()
    const lost = status.flatMap(({ partition }) => missing.get(partition) ?? [])
    const troubled = [...troubles].map(([what, reason]) => `${what}: ${reason}`)
    return [
      checkProjection(projection.name, {
        status,
        stuck: lag.stuck(status),
        troubles: [...new Set([...lost, ...troubled])],
        quarantined: ownPartitions().flatMap(one => one.quarantined()),
      }),
    ]
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await consumption.done
    await Promise.all([...timers, lag.done])
    metrics.lag(null)
  }
  let stopped: Promise<void> | null = null

  return {
    name: `projection ${projection.name}`,
    checks,
    close: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
