// How batches become steps: those of several partitions in one transaction, and what they owe to the log appended after it, together. What
// several projections owe each pays for itself, so that none waits for another's log.
import type { EventLog } from '../log/log.ts'
import { isBusy, loopLoad } from '../runtime/loop-load.ts'
import { type BatchStep, createJointSteps, type TakeBatch } from './joint-steps.ts'
import { NO_REST, paceOf } from './next-steps.ts'
import { drainOutbox } from './outbox.ts'
import type { Places } from './places.ts'
import { titleOf } from './projection.ts'
import { type PartitionTaken, type Running, type StepDeps, type Taken, takeBatches, takenOf } from './step.ts'

export type BatchStepDeps = StepDeps & {
  log: Pick<EventLog, 'append' | 'inside'>
  /** Steps wait for no others to share a transaction with [they do, the longer the less time there is]. */
  hasOwnPace?: boolean
}

/** As many as one batch may have, so that a step of many partitions takes no longer than one of a single partition may. */
const MAX_RECORDS = 1_000
const MAX_BYTES = 8 * 1024 * 1024
/** Transactions at once in which a projection takes part, alone or with fellows: what it may ask of the connections of all projections. */
export const MAX_CONCURRENT = 4

/** One for all partitions of a projection, or of several that take the same batches in one step. `places`: of all of them. */
export function createBatchSteps(deps: BatchStepDeps & { places: Places }, running: readonly Running[]): TakeBatch {
  const titles = running.map(({ projection }) => titleOf(projection))
  return createJointSteps({
    projection: titles.join(' and '),
    places: onFree => deps.places.share(titles, onFree),
    take: (steps, signal) => takeBatchSteps(deps, running, steps, signal),
    pace: () => (deps.hasOwnPace === true ? NO_REST : paceOf(isBusy(loopLoad()))),
    maxRecords: MAX_RECORDS,
    maxBytes: MAX_BYTES,
    maxConcurrent: MAX_CONCURRENT,
    givesUp: running.length > 1,
    logger: deps.logger,
  })
}

/** Rejects where nothing was done, or where nobody knows. Answers for each step what it came to for each projection, which may owe the log. */
export async function takeBatchSteps(
  deps: BatchStepDeps,
  running: readonly Running[],
  steps: readonly BatchStep[],
  signal: AbortSignal,
): Promise<readonly (readonly PartitionTaken[])[]> {
  const batches = running.map((one, at) => ({
    ...one,
    moves: steps.map(({ partition, advance, revisions }) => ({ partition, advance, revision: revisions[at] ?? -1n })),
    placed: steps.flatMap(step => step.placed),
    unplaced: new Set(steps.flatMap(step => [...step.unplaced])),
    leftOut: steps.flatMap(step => step.leftOut),
  }))
  const taken = await paidBy(deps, running, await takeBatches(deps, batches, signal), signal)
  return steps.map(({ partition }) => taken.map(one => takenOf(one, partition)))
}

/** The step is committed whatever comes of this: who owes still pays by itself, and says why it cannot. */
async function paidBy(
  deps: BatchStepDeps,
  running: readonly Running[],
  taken: readonly Taken[],
  signal: AbortSignal,
): Promise<readonly Taken[]> {
  const [one, ...fellows] = running
  const owing = taken.flatMap(of => [...of.owing])
  if (one === undefined || fellows.length > 0 || owing.length === 0) return taken
  const { name, version } = one.projection
  try {
    await drainOutbox(deps, { name, version, partitions: owing }, signal)
    return taken.map(of => ({ ...of, owing: new Set() }))
  } catch (error) {
    if (!signal.aborted) sayOutboxLeft(deps, one, owing, error)
    return taken
  }
}

export function sayOutboxLeft(
  { logger }: Pick<StepDeps, 'logger'>,
  { projection }: Running,
  partitions: readonly number[],
  error: unknown,
): void {
  logger.info('projection.outbox-left', { projection: titleOf(projection), partitions, error })
}
