// One partition of one projection in the hands of this member: one step at a time, each exactly once in effect whatever is killed,
// and what a step owes to the log is appended before the next one begins.
import type { Codec } from '../events/codec.ts'
import { assertNever } from '../events/event.ts'
import type { Batch, BatchOutcome, EventLog } from '../log/log.ts'
import { nothingDone } from './apply-events.ts'
import { sayOutboxLeft } from './batch-steps.ts'
import type { Checkpoint } from './checkpoints.ts'
import { createExclusive } from './exclusive.ts'
import { afterFailure, afterVainRecovery } from './failed-batch.ts'
import type { Fellows } from './fellows.ts'
import { createOwnership } from './ownership.ts'
import { failedAgain, failuresOf, narrowedDown } from './partition-state.ts'
import { movedTo, narrowDown, type Projecting, projectBatch } from './project-batch.ts'
import { titleOf } from './projection.ts'
import { listQuarantined, type Quarantined } from './quarantine.ts'
import { resumeKey } from './resume.ts'
import { skipRecord } from './skip.ts'
import type { Running, StepDeps, Work } from './step.ts'

export type PartitionDeps = Omit<StepDeps, 'codec'> & {
  codec: Codec
  log: Pick<EventLog, 'append' | 'read' | 'lag' | 'inside'>
  /** Of all projections of this member. */
  fellows: Fellows
}

export type OwnedPartition = {
  partition: number
  /** This member goes on from the checkpoint; what an earlier owner left in the outbox is appended first. */
  take(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>
  handle(batch: Batch, signal: AbortSignal): Promise<BatchOutcome>
  /** Rejects where the step fails; nothing is done then, and the next tick tries again. */
  tick(nowAt: number, signal: AbortSignal): Promise<void>
  resume(key: string, signal: AbortSignal): Promise<void>
  /** Resumes it without the record that keeps it out, where that is asked for. */
  skip(key: string, signal: AbortSignal): Promise<void>
  /** A transaction that reads nothing new. false: somebody else went on, and nothing was done. */
  step(work: Work, signal: AbortSignal): Promise<boolean>
  /** Goes on from what the tables say, where somebody else may have changed them. */
  reread(signal: AbortSignal): Promise<void>
  /** Per topic, named without prefix. */
  offsets(): ReadonlyMap<string, bigint>
  quarantined(): readonly Quarantined[]
  /** Nobody works on it: what began before is done. */
  idle(): Promise<void>
}

export function openPartition(deps: PartitionDeps, running: Running, partition: number): OwnedPartition {
  const exclusive = createExclusive()
  const own = createOwnership(deps, running, partition)
  /** null: it is nobody's, or halted. */
  let assignment: AbortSignal | null = null
  const payOwed = () => {
    if (assignment !== null && own.state().owesLog) void payInTurn(projecting, assignment)
  }
  const isAssigned = () => assignment?.aborted === false
  const projecting: Projecting = { deps, running, own, exclusive, isAssigned, payOwed }
  deps.fellows.join(projecting)
  const handle = async (batch: Batch, signal: AbortSignal) => {
    const outcome = await projectBatch(projecting, batch, { alone: false }, signal)
      .catch(error => recover(projecting, batch, error, signal))
      .catch(error => afterVainRecovery(error, { hasEnded: signal.aborted }))
    if (outcome.kind === 'halt') assignment = null
    return outcome
  }
  return {
    partition,
    take: (checkpoint, signal) =>
      exclusive.run(async () => {
        await own.takeOver(checkpoint, signal)
        assignment = signal
      }),
    handle: (batch, signal) => exclusive.run(() => handle(batch, signal)),
    tick: (nowAt, signal) => exclusive.run(() => tick(projecting, nowAt, signal)),
    resume: (key, signal) => exclusive.run(() => resume(deps, projecting, key, signal)),
    skip: (key, signal) => exclusive.run(() => skip(deps, projecting, key, signal)),
    step: (work, signal) =>
      exclusive.run(async () => {
        await own.payLog(signal)
        return own.step(work, nothingRead, signal)
      }),
    reread: signal => exclusive.run(() => own.reread(signal)),
    offsets: () => own.state().offsets,
    quarantined: () => own.state().quarantined,
    idle: () => exclusive.run(async () => undefined),
  }
}

/** What cannot be paid stays owed: the next batch, or whoever owns the partition next, pays it first. */
async function payInTurn({ deps, running, own, exclusive }: Projecting, assignment: AbortSignal): Promise<void> {
  try {
    await exclusive.run(async () => assignment.aborted || own.payLog(assignment))
  } catch (error) {
    if (!assignment.aborted) sayOutboxLeft(deps, running, [own.partition], error)
  }
}

async function recover(projecting: Projecting, batch: Batch, error: unknown, signal: AbortSignal): Promise<BatchOutcome> {
  const { own, deps } = projecting
  const { projection } = projecting.running
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

function sayFailed(
  { deps, running: { projection }, own }: Projecting,
  batch: Batch,
  of: { attempt: number; reason: string },
): void {
  const { topic, fromOffset } = batch
  const at = { projection: titleOf(projection), partition: own.partition, topic, fromOffset: String(fromOffset) }
  deps.logger.warn('projection.batch-failed', { ...at, attempt: of.attempt, reason: of.reason })
}

async function tick({ running: { projection }, own }: Projecting, nowAt: number, signal: AbortSignal): Promise<void> {
  if (projection.tick === undefined) return
  const tickOf = projection.tick.bind(projection)
  const { partition } = own
  await own.payLog(signal)
  await own.step(async tx => ({ ...nothingDone, emissions: await tickOf(tx, { partition, nowAt }) }), nothingRead, signal)
  await own.payLog(signal)
}

async function resume(deps: PartitionDeps, { running, own }: Projecting, key: string, signal: AbortSignal): Promise<void> {
  const { projection } = running
  await own.payLog(signal)
  const left = await leftOutNow(deps, { running, own }, key)
  if (left === undefined) return
  await resumeKey({ ...deps, step: work => own.step(work, nothingRead, signal) }, projection, left, own.state().offsets, signal)
  await own.reread(signal)
}

async function skip(deps: PartitionDeps, projecting: Projecting, key: string, signal: AbortSignal): Promise<void> {
  const { running, own } = projecting
  await own.payLog(signal)
  const left = await leftOutNow(deps, projecting, key)
  if (left?.skipRequested !== true) return
  const step = (work: Work) => own.step(work, nothingRead, signal)
  if (await skipRecord({ ...deps, step }, running.projection, left, signal)) await resume(deps, projecting, key, signal)
}

/** As its row is. */
const leftOutNow = async ({ database }: PartitionDeps, { running, own }: Pick<Projecting, 'running' | 'own'>, key: string) =>
  (await listQuarantined(database, running.projection, [own.partition])).find(one => one.key === key)

const nothingRead = { advance: null, leftOut: [] }
