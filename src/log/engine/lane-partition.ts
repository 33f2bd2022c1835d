// The lanes of one partition: equal lanes one record at a time in offset order, different lanes side by side, finished ranges kept as they come.
// Intake stops while too much is unfinished or a dependency is down; what is not begun when the partition stops is handed back.
import { wait } from '../../runtime/wait.ts'
import { sizeOf } from '../append/send-queue.ts'
import {
  type Batch,
  type LaneConsumer,
  LogError,
  type LogRecord,
  type PartitionStatus,
  type Progress,
  type TopicPartition,
} from '../log.ts'
import type { Admission } from './admission.ts'
import { isFinished, withFinished } from './finished-ranges.ts'
import { type Attempt, type AttemptDeps, attemptRecord, type Result } from './lane-attempt.ts'
import type { OpenPartitionReader } from './partition-reader.ts'
import { createPartitionState } from './partition-state.ts'
import type { ProgressSaver, Saved } from './progress-saver.ts'

/** What all partitions of a member share. */
export type Member = AttemptDeps & {
  consumer: LaneConsumer
  admission: Admission
  saver: ProgressSaver
  openReader: OpenPartitionReader
  maxUnfinishedRecords: number
  /** Handlers by lane, also those of ended assignments: a lane starts again only after its earlier handler returned. */
  running: Map<string, Promise<unknown>>
  counted(outcome: string): void
}
export type LanePartition = Saved & {
  at: TopicPartition
  status(): PartitionStatus
  begin(from: Progress): void
  halt(reason: string): void
  /** A dependency changed, or the assignment. */
  wake(): void
  /** Resolves when no handler runs; never while new ones may start. */
  idle(): Promise<void>
}
/** Try once more, as the probe of a dependency or not. */
type Again = { probing: string | null }
type Ends = { stopping: AbortSignal; ended: AbortSignal; lost(): void }

const MAX_READ_RECORDS = 500

export function createLanePartition(member: Member, at: TopicPartition, ends: Ends): LanePartition {
  const { consumer, admission } = member
  const state = createPartitionState(at)
  const lanes = new Map<string, LogRecord[]>()
  const starting = new AbortController()
  let progress: Progress = { ...at, nextOffset: 0n, finished: [] }
  let unfinishedRecords = 0
  let unfinishedBytes = 0
  let busy = 0
  let wakers: (() => void)[] = []
  ends.stopping.addEventListener('abort', () => starting.abort(), { once: true })
  starting.signal.addEventListener('abort', wake, { once: true })

  async function takeIn() {
    const reader = member.openReader({ ...at, nextOffset: progress.nextOffset })
    try {
      while (await room()) {
        const limits = {
          maxRecords: Math.min(MAX_READ_RECORDS, member.maxUnfinishedRecords - unfinishedRecords),
          maxBytes: consumer.maxBufferedBytes - unfinishedBytes,
        }
        takeBatch(await reader.next(limits, starting.signal))
      }
    } catch (error) {
      if (!starting.signal.aborted) halt(error instanceof LogError ? `${error.code}: ${error.message}` : String(error))
    } finally {
      reader.close()
    }
  }

  async function room(): Promise<boolean> {
    const has = () =>
      unfinishedRecords < member.maxUnfinishedRecords &&
      unfinishedBytes < consumer.maxBufferedBytes &&
      admission.paused() === null
    while (!starting.signal.aborted && !has()) await changed()
    return !starting.signal.aborted
  }

  function takeBatch(batch: Batch) {
    let expected = batch.fromOffset
    for (const record of batch.records) {
      finish({ from: expected, to: record.offset })
      expected = record.offset + 1n
      if (!isFinished(progress, record.offset)) addToLane(record)
    }
    finish({ from: expected, to: batch.nextOffset })
  }

  function addToLane(record: LogRecord) {
    const name = consumer.lane(record)
    const lane = lanes.get(name)
    unfinishedRecords += 1
    unfinishedBytes += sizeOf(record)
    if (lane !== undefined) return void lane.push(record)
    const begun = [record]
    lanes.set(name, begun)
    void runLane(name, begun)
  }

  /** Ends early when the partition stops: the rest of the lane is handed back. */
  async function runLane(name: string, lane: LogRecord[]) {
    const fullName = `${at.topic}/${at.partition}/${name}`
    await orStopped(member.running.get(fullName))
    for (let record = lane[0]; record !== undefined; record = lane[0]) {
      if (!(await work(record, fullName))) return
      lane.shift()
    }
    lanes.delete(name)
  }

  /** true: the record is finished, the lane goes on. */
  async function work(record: LogRecord, lane: string): Promise<boolean> {
    const attempt = { record, number: 1, firstFailedAt: null as number | null }
    let probing: string | null = null
    for (;;) {
      if (!(await admission.enter({ probing: probing !== null }, starting.signal))) {
        if (probing !== null) admission.handOver(probing)
        return false
      }
      busy += 1
      const result = await tracked(lane, attemptRecord(member, consumer, attempt, ends.ended))
      // Its synchronous part says what is finished or down before anybody else is admitted.
      const move = settle(attempt, result, probing)
      busy -= 1
      admission.leave()
      if (busy === 0) wake()
      const next = await move
      if (next === 'finished' || next === 'stopped') return next === 'finished'
      probing = next.probing
    }
  }

  async function tracked(lane: string, running: Promise<Result>): Promise<Result> {
    member.running.set(lane, running)
    try {
      return await running
    } finally {
      member.running.delete(lane)
    }
  }

  async function settle(attempt: Attempt, result: Result, probing: string | null): Promise<'finished' | 'stopped' | Again> {
    const stillDown = result.kind === 'down' && result.dependency === probing
    if (probing !== null && !stillDown) answerProbe(probing, result)
    switch (result.kind) {
      case 'finished':
        finishRecord(attempt.record, result.as)
        return 'finished'
      case 'over':
        return 'stopped'
      case 'halted':
        halt(result.reason)
        return 'stopped'
      case 'again':
        member.counted('retried')
        if (result.costsAttempt) attempt.number += 1
        attempt.firstFailedAt ??= Date.now()
        return (await wait(result.delayMs, starting.signal)) ? { probing: null } : 'stopped'
      case 'down': {
        member.counted('paused')
        const move = await admission.join({ ...result, probing: stillDown }, starting.signal)
        return move === 'stopped' ? move : { probing: move === 'probe' ? result.dependency : null }
      }
    }
  }

  function answerProbe(dependency: string, result: Result) {
    if (result.kind === 'over') admission.handOver(dependency)
    else admission.up(dependency)
  }

  function finishRecord(record: LogRecord, as: 'emitted' | 'parked') {
    member.counted(as)
    unfinishedRecords -= 1
    unfinishedBytes -= sizeOf(record)
    finish({ from: record.offset, to: record.offset + 1n })
    wake()
  }

  function finish(range: { from: bigint; to: bigint }) {
    const before = progress
    progress = withFinished(progress, range)
    if (progress === before) return
    state.advance(progress.nextOffset)
    member.saver.changed(partition)
  }

  function halt(reason: string) {
    if (state.halted()) return
    state.halt(reason)
    member.logger.error('log.partition-halted', { group: consumer.consumerGroup, ...at, reason })
    starting.abort()
  }

  function wake() {
    const woken = wakers
    wakers = []
    for (const waker of woken) waker()
  }

  const changed = () => new Promise<void>(resolve => void wakers.push(resolve))

  async function orStopped(earlier: Promise<unknown> | undefined) {
    let returned = earlier === undefined
    earlier?.finally(() => {
      returned = true
      wake()
    })
    while (!returned && !starting.signal.aborted) await changed()
  }

  const partition: LanePartition = {
    at,
    progress: () => progress,
    lost: ends.lost,
    status: () => {
      const paused = admission.paused()
      const status = state.status()
      return status.state === 'running' && paused !== null ? { ...status, state: 'paused', reason: paused } : status
    },
    begin: from => {
      progress = from
      state.resume()
      state.advance(from.nextOffset)
      void takeIn()
    },
    halt,
    wake,
    idle: async () => {
      while (busy > 0) await changed()
    },
  }
  return partition
}
