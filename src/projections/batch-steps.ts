// How batches become steps: those of several partitions in one transaction, and what they owe to the log appended after it, together.
import type { EventLog } from '../log/log.ts'
import { type BatchStep, createJointSteps, type TakeBatch } from './joint-steps.ts'
import { drainOutbox } from './outbox.ts'
import { titleOf } from './projection.ts'
import { type PartitionTaken, type Running, type StepDeps, type Taken, takeBatches, takenOf } from './step.ts'

export type BatchStepDeps = StepDeps & { log: Pick<EventLog, 'append' | 'inside'> }

/** As many as one batch may have, so that a step of many partitions takes no longer than one of a single partition may. */
const MAX_RECORDS = 1_000
const MAX_BYTES = 8 * 1024 * 1024
/** Transactions that project, at once: what one projection may ask of the connections of all of them. */
const MAX_CONCURRENT = 4
/** Under load alone; 60 ms made no difference to the throughput of `npm run bench -- chain-embedded`. */
const LINGER_MS = 25

/** One for all partitions of a projection, or of several that take the same batches in one step. */
export const createBatchSteps = (deps: BatchStepDeps, running: readonly Running[]): TakeBatch =>
  createJointSteps({
    projection: running.map(({ projection }) => titleOf(projection)).join(' and '),
    take: (steps, signal) => takeBatchSteps(deps, running, steps, signal),
    lingerMs: LINGER_MS,
    maxRecords: MAX_RECORDS,
    maxBytes: MAX_BYTES,
    maxConcurrent: MAX_CONCURRENT,
    givesUp: running.length > 1,
    logger: deps.logger,
  })

/** Rejects where nothing was done, or where nobody knows. Answers for each step what it came to for each projection. */
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
    leftOut: steps.flatMap(step => step.leftOut),
  }))
  const taken: Taken[] = []
  for (const [at, one] of (await takeBatches(deps, batches, signal)).entries())
    taken.push({ ...one, owing: await payTogether(deps, running[at], one.owing, signal) })
  return steps.map(({ partition }) => taken.map(one => takenOf(one, partition)))
}

/** Answers who owes still: the step is committed whatever comes of this, and each of them pays by itself and says why it cannot. */
async function payTogether(
  deps: BatchStepDeps,
  running: Running | undefined,
  owing: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  if (owing.size === 0 || running === undefined) return owing
  const { name, version } = running.projection
  const partitions = [...owing]
  try {
    await drainOutbox(deps, { name, version, partitions }, signal)
    return new Set()
  } catch (error) {
    if (!signal.aborted)
      deps.logger.info('projection.outbox-left', { projection: titleOf(running.projection), partitions, error })
    return owing
  }
}
