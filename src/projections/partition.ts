// One partition of one projection in the hands of this member: one step at a time, each exactly once in effect whatever is killed,
// and what a step owes to the log is appended before the next one begins.
import type { Codec } from '../events/codec.ts'
import { assertNever } from '../events/event.ts'
import type { Batch, BatchOutcome, EventLog } from '../log/log.ts'
import type { Checkpoint } from './checkpoints.ts'
import { afterFailure, afterVainRecovery } from './failed-batch.ts'
import type { TakeBatch } from './joint-steps.ts'
import { createOwnership } from './ownership.ts'
import { failedAgain, failuresOf, narrowedDown } from './partition-state.ts'
import { movedTo, narrowDown, type Projecting, projectBatch } from './project-batch.ts'
import { type Projection, titleOf } from './projection.ts'
import { listQuarantined, type Quarantined } from './quarantine.ts'
import { resumeKey } from './resume.ts'
import { nothingDone, type StepDeps } from './step.ts'

export type PartitionDeps = Omit<StepDeps, 'codec'> & {
  codec: Codec
  log: Pick<EventLog, 'append' | 'read' | 'inside'>
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

export function openPartition(deps: PartitionDeps, projection: Projection, partition: number): OwnedPartition {
  const exclusive = oneAtATime()
  const own = createOwnership(deps, projection, partition)
  const projecting: Projecting = { deps, projection, own }
  return {
    partition,
    take: (checkpoint, signal) => exclusive(() => own.takeOver(checkpoint, signal)),
    handle: (batch, signal) =>
      exclusive(() =>
        projectBatch(projecting, batch, { alone: false }, signal)
          .catch(error => recover(projecting, batch, error, signal))
          .catch(error => afterVainRecovery(error, { hasEnded: signal.aborted })),
      ),
    tick: (nowAt, signal) => exclusive(() => tick(projecting, nowAt, signal)),
    resume: (key, signal) => exclusive(() => resume(deps, projecting, key, signal)),
    reread: signal => exclusive(() => own.reread(signal)),
    offsets: () => own.state().offsets,
    quarantined: () => own.state().quarantined,
  }
}

async function recover(projecting: Projecting, batch: Batch, error: unknown, signal: AbortSignal): Promise<BatchOutcome> {
  const { own, deps, projection } = projecting
  const next = afterFailure(error, { failures: failuresOf(own.state(), batch), hasEnded: signal.aborted })
  switch (next.kind) {
    case 'retry':
    case 'halt':
      return next
    case 'reread':
      await own.reread(signal)
      return movedTo(own, projection.reads.find(name => deps.topic(name) === batch.topic) ?? batch.topic)
    case 'try-again':
      own.note(state => failedAgain(state, batch))
      sayFailed(projecting, batch, next)
      return { kind: 'retry', delayMs: next.delayMs, reason: next.reason }
    case 'narrow-down':
      own.note(narrowedDown)
      sayFailed(projecting, batch, next)
      return narrowDown(projecting, batch, signal)
    default:
      return assertNever(next)
  }
}

function sayFailed({ deps, projection, own }: Projecting, batch: Batch, of: { attempt: number; reason: string }): void {
  const { topic, fromOffset } = batch
  const at = { projection: titleOf(projection), partition: own.partition, topic, fromOffset: String(fromOffset) }
  deps.logger.warn('projection.batch-failed', { ...at, attempt: of.attempt, reason: of.reason })
}

async function tick({ projection, own }: Projecting, nowAt: number, signal: AbortSignal): Promise<void> {
  if (projection.tick === undefined) return
  const tickOf = projection.tick.bind(projection)
  const { partition } = own
  await own.payLog(signal)
  await own.step(async tx => ({ ...nothingDone, emissions: await tickOf(tx, { partition, nowAt }) }), nothingRead, signal)
  await own.payLog(signal)
}

async function resume(deps: PartitionDeps, { projection, own }: Projecting, key: string, signal: AbortSignal): Promise<void> {
  await own.payLog(signal)
  const left = (await listQuarantined(deps.database, projection, [own.partition])).find(one => one.key === key)
  if (left === undefined) return
  await resumeKey({ ...deps, step: work => own.step(work, nothingRead, signal) }, projection, left, own.state().offsets, signal)
  await own.reread(signal)
}

const nothingRead = { advance: null, leftOut: [] }

/** Runs what it is given one after another, whatever each comes to. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined) // its caller has the error
    return next
  }
}
