// One step of a projection is one transaction: the checkpoint moves first, then the rows, then what is owed to the log. All of it or nothing.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { type Advance, advanceCheckpoint } from './checkpoints.ts'
import { putInOutbox } from './outbox.ts'
import type { Emission, Placed, Projection } from './projection.ts'
import { keepFirstCopies } from './seen.ts'

export type StepDeps = { database: Database; codec: Pick<Codec, 'encode'>; topic(name: TopicName): string }
export type StepCounts = { applied: number; duplicates: number; conflicts: readonly string[]; emitted: number }
export type Step = {
  partition: number
  /** The one this owner knows; another one in the row means that somebody else went on. */
  revision: bigint
  /** null for a step that reads nothing new: a tick, a resume. */
  advance: Advance | null
  /** Runs in the transaction, again where that is repeated. */
  work(tx: Transaction): Promise<Omit<StepCounts, 'emitted'> & { emissions: readonly Emission[] }>
}
export const nothingApplied = { applied: 0, duplicates: 0, conflicts: [], emissions: [] } as const
export type StepResult = ({ kind: 'applied'; revision: bigint } & StepCounts) | { kind: 'moved' }

/** `moved`: nothing was done, because another owner did it. */
export function takeStep(deps: StepDeps, projection: Projection, step: Step, signal: AbortSignal): Promise<StepResult> {
  return deps.database.transact<StepResult>(async tx => {
    const revision = await advanceCheckpoint(tx, projection, step)
    if (revision === null) return { kind: 'moved' }
    const { emissions, ...counts } = await step.work(tx)
    await putInOutbox(tx, deps, { name: projection.name, version: projection.version, partition: step.partition }, emissions)
    return { kind: 'applied', revision, ...counts, emitted: emissions.length }
  }, signal)
}

/** The work of a step that projects events: copies are dropped, the rest is applied. */
export async function applyEvents(tx: Transaction, projection: Projection, placed: readonly Placed[]) {
  const { fresh, duplicates, conflicts } = await keepFirstCopies(tx, projection, placed)
  const emissions = fresh.length === 0 ? [] : await projection.apply(tx, fresh)
  return { applied: fresh.length, duplicates, conflicts, emissions }
}
