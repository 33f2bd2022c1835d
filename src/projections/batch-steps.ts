// How batches become steps: those of several partitions in one transaction, and what they owe to the log appended after it, together.
import type { Transaction } from '../database/database.ts'
import type { EventLog } from '../log/log.ts'
import { type BatchStep, createJointSteps, type TakeBatch } from './joint-steps.ts'
import { drainOutbox } from './outbox.ts'
import { type Projection, titleOf } from './projection.ts'
import { quarantineKey } from './quarantine.ts'
import { applyEvents, type Done, type PartitionTaken, type StepDeps, takenOf, takeStep } from './step.ts'

export type BatchStepDeps = StepDeps & { log: Pick<EventLog, 'append' | 'inside'> }

/** As many as one batch may have, so that a step of many partitions takes no longer than one of a single partition may. */
const MAX_RECORDS = 1_000
const MAX_BYTES = 8 * 1024 * 1024
/** Transactions that project, at once: what one projection may ask of the connections of all of them. */
const MAX_CONCURRENT = 4
/** Under load alone; 60 ms made no difference to the throughput of `npm run bench -- chain-embedded`. */
const LINGER_MS = 25

/** One for all partitions of a projection. */
export const createBatchSteps = (deps: BatchStepDeps, projection: Projection): TakeBatch =>
  createJointSteps({
    projection: titleOf(projection),
    take: (steps, signal) => takeBatchSteps(deps, projection, steps, signal),
    lingerMs: LINGER_MS,
    maxRecords: MAX_RECORDS,
    maxBytes: MAX_BYTES,
    maxConcurrent: MAX_CONCURRENT,
    logger: deps.logger,
  })

/** Rejects where nothing was done, or where nobody knows. */
export async function takeBatchSteps(
  deps: BatchStepDeps,
  projection: Projection,
  steps: readonly BatchStep[],
  signal: AbortSignal,
): Promise<readonly PartitionTaken[]> {
  const work = (tx: Transaction, own: ReadonlySet<number>) =>
    applyBatches(
      tx,
      projection,
      steps.filter(step => own.has(step.partition)),
    )
  const { revisions, owing } = await takeStep(deps, projection, { moves: steps, work }, signal)
  const stillOwing = await payTogether(deps, projection, owing, signal)
  return steps.map(({ partition }) => takenOf({ revisions, owing: stillOwing }, partition))
}

async function applyBatches(tx: Transaction, projection: Projection, steps: readonly BatchStep[]): Promise<Done> {
  for (const left of steps.flatMap(step => step.leftOut)) await quarantineKey(tx, projection, left)
  return applyEvents(
    tx,
    projection,
    steps.flatMap(step => step.placed),
  )
}

/** Answers who owes still: the step is committed whatever comes of this, and each of them pays by itself and says why it cannot. */
async function payTogether(
  deps: BatchStepDeps,
  projection: Projection,
  owing: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  if (owing.size === 0) return owing
  try {
    const { name, version } = projection
    await drainOutbox(deps, { name, version, partitions: [...owing] }, signal)
    return new Set()
  } catch (error) {
    if (!signal.aborted)
      deps.logger.info('projection.outbox-left', { projection: titleOf(projection), partitions: [...owing], error })
    return owing
  }
}
