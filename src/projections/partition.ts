// One partition of one projection in the hands of this member: one step at a time, each exactly once in effect whatever is killed,
// and what a step owes to the log is appended before the next one begins.
import type { Codec } from '../events/codec.ts'
import type { Batch, BatchOutcome, EventLog, LogRecord } from '../log/log.ts'
import { planBatch } from './batch-plan.ts'
import { type Advance, type Checkpoint, missingCheckpoint, readCheckpoint } from './checkpoints.ts'
import { decodeRecords, isReadableKey } from './decode-records.ts'
import { classifyFailure, type StepFailure } from './failure.ts'
import type { TakeBatch } from './joint-steps.ts'
import { drainOutbox } from './outbox.ts'
import type { Projection } from './projection.ts'
import { listQuarantined, type Quarantined, quarantinedBy, quarantineKey } from './quarantine.ts'
import { resumeKey } from './resume.ts'
import { nothingDone, type PartitionTaken, type StepDeps, takenOf, takeStep, type Work } from './step.ts'

export type PartitionDeps = Omit<StepDeps, 'codec'> & {
  codec: Codec
  log: Pick<EventLog, 'append' | 'read'>
  /** Shared by all partitions of the projection. */
  takeBatch: TakeBatch
}

export type OwnedPartition = {
  partition: number
  /** This member goes on from the checkpoint; what an earlier owner left in the outbox is appended first. */
  take(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>
  handle(batch: Batch, signal: AbortSignal): Promise<BatchOutcome>
  /** Rejects where the step fails; nothing is done then, and the next tick tries again. */
  tick(nowAt: number, signal: AbortSignal): Promise<void>
  resume(key: string, signal: AbortSignal): Promise<void>
  /** Goes on from what the tables say, where somebody else may have changed them. */
  reread(signal: AbortSignal): Promise<void>
  /** Per topic, named without prefix. */
  offsets(): ReadonlyMap<string, bigint>
  quarantined(): readonly Quarantined[]
}

/** A batch that fails so often without an outage is taken apart to find the record that spoils it. */
const ATTEMPTS_BEFORE_NARROWING = 3
const RETRY_BASE_MS = 100

export function openPartition(deps: PartitionDeps, projection: Projection, partition: number): OwnedPartition {
  const of = { name: projection.name, version: projection.version, partition }
  const nameOf = new Map(projection.reads.map(name => [deps.topic(name), name]))
  const exclusive = oneAtATime()
  let revision = -1n
  let offsets = new Map<string, bigint>()
  let quarantined: readonly Quarantined[] = []
  let owesLog = true
  let failed = { at: -1n, attempts: 0 }

  /** The list is read after the revision: who leaves out a key in between raises it, and the next step here finds out. */
  async function settle(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const leftOut = await listQuarantined(deps.database, of, [partition])
    revision = checkpoint.revision
    offsets = new Map(checkpoint.offsets)
    quarantined = leftOut
    owesLog = true
    await payLog(signal)
  }

  /** Appends what the outbox holds. Skipped where this owner knows it to be empty. */
  async function payLog(signal: AbortSignal): Promise<void> {
    if (!owesLog) return
    await drainOutbox(deps, { ...of, partitions: [partition] }, signal)
    owesLog = false
  }

  /** One transaction of its own; false: somebody else went on, and the state here is theirs now. */
  async function step(work: Work, advance: Advance | null, signal: AbortSignal): Promise<boolean> {
    const taken = await takeStep(deps, projection, { moves: [{ partition, revision, advance }], work }, signal)
    return goOn(takenOf(taken, partition), advance, signal)
  }

  async function goOn(taken: PartitionTaken, advance: Advance | null, signal: AbortSignal): Promise<boolean> {
    if (taken.kind === 'moved') {
      await reread(signal)
      return false
    }
    revision = taken.revision
    if (advance !== null) offsets.set(advance.topic, advance.nextOffset)
    if (taken.owesLog) owesLog = true
    return true
  }

  async function reread(signal: AbortSignal): Promise<void> {
    const checkpoint = await readCheckpoint(deps.database, of, partition)
    if (checkpoint === null) throw new MissingCheckpoint(missingCheckpoint(of, partition))
    await settle(checkpoint, signal)
  }

  const moved = (topic: string): BatchOutcome => ({ kind: 'moved', nextOffset: offsets.get(topic) ?? 0n })

  async function handleBatch(batch: Batch, how: { alone: boolean }, signal: AbortSignal): Promise<BatchOutcome> {
    const topic = nameOf.get(batch.topic)
    if (topic === undefined) return { kind: 'halt', reason: `${of.name} does not read ${batch.topic}` }
    await payLog(signal)
    const { decoded, passedOver } = await decodeRecords(deps.codec, batch.records, signal)
    const plan = planBatch(topic, decoded, keysOf(quarantined))
    if (plan.kind === 'unreadable') return { kind: 'halt', reason: plan.reason }
    const advance = { topic, fromOffset: batch.fromOffset, nextOffset: batch.nextOffset }
    const leftOut = plan.poisons.map(poison => quarantinedBy(poison, partition, offsets))
    const batchStep = { partition, revision, advance, leftOut, placed: plan.placed, sizeBytes: sizeOf(batch.records) }
    const taken = await deps.takeBatch(batchStep, how, signal)
    if (!(await goOn(taken, advance, signal))) return moved(topic)
    leaveOut(leftOut)
    deps.metrics.passedOver(passedOver)
    await payLog(signal)
    return { kind: 'applied' }
  }

  /** The rows are committed; from here on they hold in memory too. */
  function leaveOut(left: readonly Quarantined[]): void {
    quarantined = [...quarantined, ...left]
    for (const { topic, offset, key, code, message } of left)
      deps.logger.error('projection.quarantined', {
        projection: of.name,
        partition,
        topic,
        offset: String(offset),
        key,
        code,
        reason: message,
      })
  }

  /** The batch again, one record a step, so that only the key of the spoiling record is left out. */
  async function narrowDown(batch: Batch, signal: AbortSignal): Promise<BatchOutcome> {
    const topic = nameOf.get(batch.topic) ?? batch.topic
    for (const record of batch.records) {
      const one = {
        ...batch,
        fromOffset: offsets.get(topic) ?? batch.fromOffset,
        nextOffset: record.offset + 1n,
        records: [record],
      }
      if (one.fromOffset >= one.nextOffset) continue // done by an earlier try of ours
      const outcome = await handleBatch(one, { alone: true }, signal).catch(error => passOver(topic, record, one, error, signal))
      if (outcome.kind !== 'applied') return outcome
    }
    const rest = { ...batch, fromOffset: offsets.get(topic) ?? batch.fromOffset, records: [] }
    return rest.fromOffset < rest.nextOffset ? handleBatch(rest, { alone: true }, signal) : { kind: 'applied' }
  }

  /** Quarantines the key of a record whose own step failed; rethrows what is nobody's fault. */
  async function passOver(
    topic: string,
    record: LogRecord,
    one: Batch,
    error: unknown,
    signal: AbortSignal,
  ): Promise<BatchOutcome> {
    const failure = classifyFailure(error)
    if (failure.kind !== 'poison' || error instanceof MissingCheckpoint || signal.aborted) throw error
    if (!isReadableKey(record.key)) return { kind: 'halt', reason: `${topic} offset ${record.offset}: ${failure.message}` }
    const poison = { topic, offset: record.offset, key: record.key, code: failure.code, message: failure.message }
    const left = quarantinedBy(poison, partition, offsets)
    const quarantine: Work = async tx => {
      await quarantineKey(tx, of, left)
      return nothingDone
    }
    const done = await step(quarantine, { topic, fromOffset: one.fromOffset, nextOffset: one.nextOffset }, signal)
    if (!done) return moved(topic)
    leaveOut([left])
    return { kind: 'applied' }
  }

  /** Outages are retried, lost answers looked up, poison narrowed down to its key. */
  async function recover(batch: Batch, error: unknown, signal: AbortSignal): Promise<BatchOutcome> {
    if (error instanceof MissingCheckpoint) return { kind: 'halt', reason: error.message }
    if (signal.aborted) return { kind: 'retry', delayMs: 0, reason: 'the assignment ended' }
    const failure = classifyFailure(error)
    if (failure.kind === 'outage') return { kind: 'retry', delayMs: failure.delayMs, reason: failure.reason }
    if (failure.kind === 'unknown-commit') {
      await reread(signal)
      return moved(nameOf.get(batch.topic) ?? batch.topic)
    }
    return retryOrNarrow(batch, failure, signal)
  }

  async function retryOrNarrow(
    batch: Batch,
    failure: StepFailure & { kind: 'poison' },
    signal: AbortSignal,
  ): Promise<BatchOutcome> {
    failed = { at: batch.fromOffset, attempts: failed.at === batch.fromOffset ? failed.attempts + 1 : 1 }
    deps.logger.warn('projection.batch-failed', {
      projection: of.name,
      partition,
      topic: batch.topic,
      fromOffset: String(batch.fromOffset),
      attempt: failed.attempts,
      reason: failure.message,
    })
    if (failed.attempts < ATTEMPTS_BEFORE_NARROWING)
      return { kind: 'retry', delayMs: RETRY_BASE_MS * 2 ** failed.attempts, reason: failure.message }
    failed = { at: -1n, attempts: 0 }
    return narrowDown(batch, signal)
  }

  return {
    partition,
    take: (checkpoint, signal) => exclusive(() => settle(checkpoint, signal)),
    handle: (batch, signal) =>
      exclusive(async () => {
        try {
          return await handleBatch(batch, { alone: false }, signal)
        } catch (error) {
          return await recover(batch, error, signal).catch(again => asRetry(again, signal))
        }
      }),
    tick: (nowAt, signal) =>
      exclusive(async () => {
        if (projection.tick === undefined) return
        const tick = projection.tick.bind(projection)
        await payLog(signal)
        await step(async tx => ({ ...nothingDone, emissions: await tick(tx, { partition, nowAt }) }), null, signal)
        await payLog(signal)
      }),
    resume: (key, signal) =>
      exclusive(async () => {
        await payLog(signal)
        const found = (await listQuarantined(deps.database, of, [partition])).find(one => one.key === key)
        if (found === undefined) return
        await resumeKey({ ...deps, step: work => step(work, null, signal) }, projection, found, offsets, signal)
        await reread(signal)
      }),
    reread: signal => exclusive(() => reread(signal)),
    offsets: () => offsets,
    quarantined: () => quarantined,
  }
}

/** Recovering failed as well: its reason, and later again. */
function asRetry(error: unknown, signal: AbortSignal): BatchOutcome {
  if (error instanceof MissingCheckpoint) return { kind: 'halt', reason: error.message }
  if (signal.aborted) return { kind: 'retry', delayMs: 0, reason: 'the assignment ended' }
  const failure = classifyFailure(error)
  if (failure.kind === 'poison') throw error
  return { kind: 'retry', delayMs: failure.kind === 'outage' ? failure.delayMs : RETRY_BASE_MS, reason: failure.reason }
}

export class MissingCheckpoint extends Error {
  override name = 'MissingCheckpoint'
  readonly code = 'missing-checkpoint'
  readonly retryable = false
}

const keysOf = (quarantined: readonly Quarantined[]): ReadonlySet<string> => new Set(quarantined.map(one => one.key))

const sizeOf = (records: readonly LogRecord[]): number => records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)

/** Runs what it is given one after another, whatever each comes to. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined) // its caller has the error
    return next
  }
}
