// One member's hold on one partition: its state, and the only ways in which that changes: taking over, a step, paying the log what is owed,
// and finding that somebody else went on.
import type { Database } from '../database/database.ts'
import type { EventLog } from '../log/log.ts'
import { type Advance, type Checkpoint, MissingCheckpoint, readCheckpoint } from './checkpoints.ts'
import { drainOutbox } from './outbox.ts'
import type { PartitionState } from './partition-state.ts'
import * as known from './partition-state.ts'
import { titleOf } from './projection.ts'
import { listQuarantined, type Quarantined } from './quarantine.ts'
import { type PartitionTaken, type Running, type StepDeps, takenOf, takeWork, type Work } from './step.ts'

export type OwnershipDeps = StepDeps & { database: Database; log: Pick<EventLog, 'append' | 'inside'> }
/** What a step reads and leaves out, if it was taken. */
export type StepOf = { advance: Advance | null; leftOut: readonly Quarantined[] }

export type Ownership = {
  partition: number
  state(): PartitionState
  /** This member goes on from the checkpoint; what an earlier owner left in the outbox is appended first. */
  takeOver(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>
  /** Goes on from what the tables say. Rejects MissingCheckpoint. */
  reread(signal: AbortSignal): Promise<void>
  /** One transaction of its own. false: somebody else went on, nothing was done, and the state is theirs now. */
  step(work: Work, of: StepOf, signal: AbortSignal): Promise<boolean>
  /** What came of a step taken elsewhere; answers as `step` does. */
  goOn(taken: PartitionTaken, of: StepOf, signal: AbortSignal): Promise<boolean>
  /** Appends what the outbox holds, where it may hold anything. */
  payLog(signal: AbortSignal): Promise<void>
  /** What happened to a batch: `failedAgain`, `narrowedDown`. */
  note(happened: (state: PartitionState) => PartitionState): PartitionState
}

export function createOwnership(deps: OwnershipDeps, running: Running, partition: number): Ownership {
  const { projection } = running
  const { name, version } = projection
  const of = { name, version, partitions: [partition] }
  let state = known.neverTaken

  /** The list is read after the revision: who leaves out a key in between raises it, and the next step here finds out. */
  async function takeOver(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    state = known.takenOver(state, checkpoint, await listQuarantined(deps.database, of, of.partitions))
    await payLog(signal)
  }

  async function reread(signal: AbortSignal): Promise<void> {
    const checkpoint = await readCheckpoint(deps.database, of, partition)
    if (checkpoint === null) throw new MissingCheckpoint(of, partition)
    await takeOver(checkpoint, signal)
  }

  async function payLog(signal: AbortSignal): Promise<void> {
    if (!state.owesLog) return
    await drainOutbox(deps, of, signal)
    state = known.paid(state)
  }

  async function step(work: Work, step: StepOf, signal: AbortSignal): Promise<boolean> {
    const move = { partition, revision: state.revision, advance: step.advance }
    return goOn(takenOf(await takeWork(deps, { ...running, move, work }, signal), partition), step, signal)
  }

  async function goOn(taken: PartitionTaken, step: StepOf, signal: AbortSignal): Promise<boolean> {
    if (taken.kind === 'moved') {
      await reread(signal)
      return false
    }
    state = known.stepped(state, taken, step)
    for (const left of step.leftOut) sayLeftOut(deps, titleOf(projection), left)
    return true
  }

  const note: Ownership['note'] = happened => {
    state = happened(state)
    return state
  }

  return { partition, state: () => state, takeOver, reread, step, goOn, payLog, note }
}

/** Once it is committed. */
export function sayLeftOut({ logger }: Pick<StepDeps, 'logger'>, projection: string, left: Quarantined): void {
  const { partition, topic, key, code, message: reason } = left
  logger.error('projection.quarantined', { projection, partition, topic, offset: String(left.offset), key, code, reason })
}
