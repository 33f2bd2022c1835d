// The lanes of one partition: equal lanes one record at a time in offset order, different lanes side by side, finished ranges kept as they come.
// Intake stops while too much is unfinished or a dependency is down; what is not begun when the partition stops is handed back.
import { createBell } from '../../runtime/bell.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import type { Batch, InTurn, LogRecord, PartitionStatus, Progress, TopicPartition } from '../log.ts'
import { type Backlog, backlogFrom, emptyBacklog, roomBeside, withBatch, withoutRecord } from './backlog.ts'
import { describeFailure } from './describe-failure.ts'
import { takeIn } from './intake.ts'
import type { LaneDeps } from './lane.ts'
import { createLaneSet } from './lane-set.ts'
import type { OpenPartitionReader } from './partition-reader.ts'
import { createPartitionState } from './partition-state.ts'
import type { ProgressSaver, Saved } from './progress-saver.ts'

/** What all partitions of a member share. */
export type MemberDeps = LaneDeps & { saver: ProgressSaver; openReader: OpenPartitionReader; maxUnfinishedRecords: number }
export type LanePartition = Saved & {
  at: TopicPartition
  status(): PartitionStatus
  /** false, too, before it has begun. */
  inTurn: InTurn
  begin(from: Progress): void
  halt(reason: string): void
  /** A dependency changed, or the assignment. */
  wake(): void
  /** Resolves when no handler runs; never while new ones may start. */
  idle(): Promise<void>
}
type Ends = { stopping: AbortSignal; ended: AbortSignal; lost(): void }

export function createLanePartition(member: MemberDeps, at: TopicPartition, ends: Ends): LanePartition {
  const { consumer, admission } = member
  const state = createPartitionState(at)
  const starting = new AbortController()
  const bell = createBell()
  let backlog = emptyBacklog(at)
  let hasBegun = false
  const lanes = createLaneSet(member, at, { starting: starting.signal, ended: ends.ended, finished: finish, halted: halt })
  onAbort(ends.stopping, () => starting.abort())

  const room = () => {
    const most = { maxRecords: member.maxUnfinishedRecords, maxBytes: consumer.maxBufferedBytes }
    return admission.paused() === null ? roomBeside(backlog, most) : null
  }

  function takeBatch(batch: Batch) {
    const taken = withBatch(backlog, batch)
    become(taken.backlog)
    for (const record of taken.begun) lanes.add(record)
  }

  function finish(record: LogRecord) {
    become(withoutRecord(backlog, record))
    bell.ring()
  }

  function become(next: Backlog) {
    const isChanged = next.progress !== backlog.progress
    backlog = next
    if (!isChanged) return
    state.advance(next.progress.nextOffset)
    member.saver.changed(partition)
  }

  function halt(reason: string) {
    if (state.halted()) return
    state.halt(reason)
    member.logger.error('log.partition-halted', { group: consumer.consumerGroup, ...at, reason })
    starting.abort()
  }

  function haltUnlessStopped(error: unknown) {
    if (!starting.signal.aborted) halt(describeFailure(error))
  }

  const partition: LanePartition = {
    at,
    progress: () => backlog.progress,
    lost: ends.lost,
    status: () => pausedWith(state.status(), admission.paused()),
    inTurn: async (record, work, signal) => hasBegun && lanes.inTurn(record, work, signal),
    begin: from => {
      backlog = backlogFrom(from)
      hasBegun = true
      state.resume()
      state.advance(from.nextOffset)
      const reader = member.openReader({ ...at, nextOffset: from.nextOffset })
      takeIn({ reader, room, bell, take: takeBatch }, starting.signal).catch(haltUnlessStopped)
    },
    halt,
    wake: bell.ring,
    idle: lanes.idle,
  }
  return partition
}

const pausedWith = (status: PartitionStatus, paused: string | null): PartitionStatus =>
  status.state === 'running' && paused !== null ? { ...status, state: 'paused', reason: paused } : status
