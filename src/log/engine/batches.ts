// Runs a batch consumer on any log: one batch of partition p at a time over all its topics, each from where the consumer says it is.
// Nothing is skipped: what cannot be applied is tried again for ever, or halts the partition and says why.
import { assertNever } from '../../events/event.ts'
import { persist } from '../../runtime/persist.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import type { Batch, BatchConsumer, BatchOutcome, Position } from '../log.ts'
import type { StartAssignment } from './assignment.ts'
import { describeFailure } from './describe-failure.ts'
import type { ReadLimits } from './partition-reader.ts'
import { createPartitionState, type PartitionState } from './partition-state.ts'
import { createReadings, type Reading, type ReadingDeps } from './readings.ts'

export type BatchesDeps = Omit<ReadingDeps, 'consumerGroup'> & { retryBaseMs: number }

export const createBatches =
  (deps: BatchesDeps, consumer: BatchConsumer): StartAssignment =>
  partitions => {
    const stopping = new AbortController()
    const ended = new AbortController()
    const states = partitions.map(createPartitionState)
    const running = run({ ...deps, consumer, stopping: stopping.signal, ended: ended.signal }, states)
    const end = () => {
      stopping.abort()
      ended.abort()
    }
    return {
      status: () => states.map(state => state.status()),
      inTurn: async () => false,
      stop: async withinMs => {
        stopping.abort()
        await Promise.race([running, wait(withinMs, ended.signal)])
        end()
      },
      end,
      ended: ended.signal,
    }
  }

/** stopping: nothing more is read. ended: what a handler does no longer counts. */
type Run = BatchesDeps & { consumer: BatchConsumer; stopping: AbortSignal; ended: AbortSignal }

async function run(of: Run, states: readonly PartitionState[]) {
  const { consumer, stopping } = of
  const positions = await askPositions(of, states)
  if (positions === null) return
  const readings = createReadings({ ...of, consumerGroup: consumer.consumerGroup }, states, positions)
  for (let reading = await readings.nextReady(stopping); reading !== null; reading = await readings.nextReady(stopping)) {
    const batch = await reading.read(limitsOf(consumer, reading.state.at.topic), stopping)
    if (batch !== null) await applyUntilDone(of, reading, batch)
  }
  readings.close()
}

const limitsOf = ({ maxBatchRecords, maxBatchRecordsOf, maxBatchBytes }: BatchConsumer, topic: string): ReadLimits => ({
  maxRecords: Math.min(maxBatchRecords, maxBatchRecordsOf?.[topic] ?? maxBatchRecords),
  maxBytes: maxBatchBytes,
})

const RETRY_CAP_MS = 30_000

/** null: stopped first, whatever was answered. */
async function askPositions({ consumer, stopping, logger, retryBaseMs }: Run, states: readonly PartitionState[]) {
  const ask = () =>
    consumer.positions(
      states.map(({ at }) => at),
      stopping,
    )
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) => {
    for (const state of states) state.pause(`asking for positions: ${describeFailure(error)}`)
    logger.warn('log.positions-failed', { group: consumer.consumerGroup, attempt, error })
    return 'again' as const
  }
  const asking = persist(ask, { backoff: { baseMs: retryBaseMs, capMs: RETRY_CAP_MS }, failed }, stopping)
  const positions = await asking.catch((reason): readonly Position[] => {
    if (!stopping.aborted) throw reason
    return []
  })
  return stopping.aborted ? null : positions
}

async function applyUntilDone(of: Run, reading: Reading, batch: Batch) {
  for (let attempt = 1; !of.stopping.aborted; attempt += 1) {
    const outcome = await handle(of, batch, attempt)
    if (of.ended.aborted) return
    switch (outcome.kind) {
      case 'applied':
        return reading.applied(batch)
      case 'moved':
        return reading.moved(outcome.nextOffset)
      case 'halt':
        return reading.halt(outcome.reason)
      case 'retry':
        reading.state.pause(outcome.reason)
        await wait(outcome.delayMs, of.stopping)
        break
      default:
        assertNever(outcome)
    }
  }
}

async function handle({ consumer, ended, logger, retryBaseMs }: Run, batch: Batch, attempt: number): Promise<BatchOutcome> {
  try {
    return await consumer.handle(batch, ended)
  } catch (error) {
    const { topic, partition, fromOffset, nextOffset } = batch
    const of = { topic, partition, fromOffset, nextOffset, group: consumer.consumerGroup, attempt }
    if (!ended.aborted) logger.warn('log.batch-failed', { ...of, error })
    const delayMs = backoffMs({ attempt, baseMs: retryBaseMs, capMs: RETRY_CAP_MS, jitter: 0.2, random: Math.random() })
    return { kind: 'retry', delayMs, reason: describeFailure(error) }
  }
}
