// Runs a lane consumer on any log, for one member: its partitions share one concurrency limit, and one answer when a dependency is down.
// At least once: progress is saved after a record is finished, and a new owner begins where the last saved progress ends.
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { persist } from '../../runtime/persist.ts'
import { wait } from '../../runtime/wait.ts'
import type { EventLog, LaneConsumer, Progress, TopicPartition } from '../log.ts'
import { progressRowCommand } from '../progress.ts'
import { createAdmission } from './admission.ts'
import type { Assignment, StartAssignment } from './assignment.ts'
import { createLanePartition, type LanePartition, type MemberDeps } from './lane-partition.ts'
import type { OpenPartitionReader } from './partition-reader.ts'
import { createProgressSaver } from './progress-saver.ts'

export type LanesDeps = {
  append: EventLog['append']
  openReader: OpenPartitionReader
  logger: Logger
  metrics: Metrics
  retryBaseMs: number
  maxUnfinishedRecords: number
}

/** Progress that cannot be saved within this time at the end is left to be repeated by the next owner. */
const LAST_SAVE_MS = 5_000
const TAKE_CAP_MS = 5_000

export function createLanes(deps: LanesDeps, consumer: LaneConsumer): StartAssignment {
  const partitions = new Set<LanePartition>()
  const outcomes = deps.metrics.counter('zaplog_log_outcomes_total')
  let said: string | null = null
  const admission = createAdmission({
    maxConcurrency: consumer.maxConcurrency,
    onChange: () => {
      sayPaused(admission.paused())
      for (const partition of partitions) partition.wake()
    },
  })

  function sayPaused(paused: string | null) {
    if (paused !== null && said === null) deps.logger.warn('log.intake-paused', { group: consumer.consumerGroup, reason: paused })
    if (paused === null && said !== null) deps.logger.info('log.intake-resumed', { group: consumer.consumerGroup })
    said = paused
  }

  const member: MemberDeps = {
    ...deps,
    consumer,
    admission,
    saver: createProgressSaver({ ...consumer, store: consumer.progress, logger: deps.logger }),
    running: new Map(),
    counted: outcome => outcomes.inc({ group: consumer.consumerGroup, outcome }),
  }

  return assigned => {
    const assignment = startLanes(member, assigned)
    for (const partition of assignment.partitions) partitions.add(partition)
    const remove = () => {
      for (const partition of assignment.partitions) partitions.delete(partition)
    }
    assignment.ended.addEventListener('abort', remove, { once: true })
    return assignment
  }
}

function startLanes(
  member: MemberDeps,
  assigned: readonly TopicPartition[],
): Assignment & { partitions: readonly LanePartition[] } {
  const { consumer, saver } = member
  const stopping = new AbortController()
  const ended = new AbortController()
  const partitions = assigned.map(at => createLanePartition(member, at, { stopping: stopping.signal, ended: ended.signal, lost }))
  void begin()

  async function begin() {
    const taken = await takeProgress()
    if (taken === null) return
    for (const partition of partitions) {
      const progress = taken.find(
        ({ topic, partition: number }) => topic === partition.at.topic && number === partition.at.partition,
      )
      if (progress === undefined)
        partition.halt(`no progress row; make it with: ${progressRowCommand(consumer.consumerGroup, partition.at)}`)
      else partition.begin(progress)
    }
  }

  /** null: the assignment was over first. */
  async function takeProgress(): Promise<readonly Progress[] | null> {
    const take = () => consumer.progress.take(consumer.consumerGroup, assigned, stopping.signal)
    const failed = ({ error, attempt }: { error: unknown; attempt: number }) => {
      member.logger.warn('log.progress-not-taken', { group: consumer.consumerGroup, attempt, error })
      return 'again' as const
    }
    const taken = await persist(take, { backoff: { baseMs: 50, capMs: TAKE_CAP_MS }, failed }, stopping.signal).catch(reason => {
      if (!stopping.signal.aborted) throw reason
      return null
    })
    return stopping.signal.aborted ? null : taken
  }

  function lost() {
    member.logger.warn('log.progress-lost', { group: consumer.consumerGroup, partitions: assigned })
    end()
  }

  function end() {
    stopping.abort()
    ended.abort()
    for (const partition of partitions) saver.forget(partition)
  }

  return {
    partitions,
    status: () => partitions.map(partition => partition.status()),
    inTurn: async (record, work, signal) => {
      const its = partitions.find(({ at }) => at.topic === record.topic && at.partition === record.partition)
      return (await its?.inTurn(record, work, signal)) ?? false
    },
    stop: async withinMs => {
      stopping.abort()
      await Promise.race([Promise.all(partitions.map(partition => partition.idle())), wait(withinMs, ended.signal)])
      await saver.flush(partitions, AbortSignal.any([ended.signal, AbortSignal.timeout(LAST_SAVE_MS)]))
      end()
    },
    end,
    ended: ended.signal,
  }
}
