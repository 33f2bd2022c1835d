// Joint steps whose transactions a test ends: what was begun together, and the answer of each.
import { type BatchStep, createJointSteps } from '../../../src/projections/joint-steps.ts'
import { createPlaces, type Places } from '../../../src/projections/places.ts'
import type { Placed } from '../../../src/projections/projection.ts'
import type { PartitionTaken } from '../../../src/projections/step.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { anEvent } from '../events.ts'
import { never } from '../projection-dsl.ts'
import { until } from '../until.ts'

export const LONG_MS = 60_000

/** A transaction that the test ends. */
type Call = { partitions: readonly number[]; signal: AbortSignal; commit(): void; fail(error: unknown): void }

type Changed = {
  lingerMs?: number
  restMs?: number
  times?: number
  maxRecords?: number
  maxBytes?: number
  maxConcurrent?: number
  givesUp?: boolean
}

type Sharing = { projections?: readonly string[]; places?: Places }

type Offer = { records?: number; bytes?: number; alone?: boolean; topic?: string; signal?: AbortSignal }

export function openWorld(
  logger: Logger,
  { lingerMs = LONG_MS, restMs = 0, times = 4, ...limits }: Changed = {},
  { projections = ['counting'], places = createPlaces() }: Sharing = {},
) {
  const calls: Call[] = []
  const takeBatch = createJointSteps({
    projection: projections.join(' and '),
    places: onFree => places.share(projections, onFree),
    take: (steps, signal) =>
      new Promise((resolve, reject) => {
        const partitions = steps.map(step => step.partition)
        calls.push({ partitions, signal, commit: () => resolve(partitions.map(appliedAs)), fail: reject })
      }),
    pace: () => ({ lingerMs, restMs, restMsAlone: 0, times }),
    maxRecords: 1_000,
    maxBytes: 1_000_000,
    maxConcurrent: 4,
    givesUp: false,
    logger: logger,
    ...limits,
  })
  return {
    calls,
    offer: (partition: number, of: Offer = {}) => {
      const step = stepOf(partition, of)
      return takeBatch(step, { alone: of.alone ?? false }, of.signal ?? never)
    },
    /** The partitions of every transaction so far; new ones have begun by the time it answers. */
    begun: async (count: number) => {
      await until(`${count} transactions`, () => calls.length >= count)
      return calls.map(call => call.partitions)
    },
  }
}

/** The answer tells whose it is. */
export const appliedAs = (partition: number): readonly PartitionTaken[] => [
  { kind: 'applied', revision: BigInt(partition), owesLog: false },
]

function stepOf(partition: number, { records = 1, bytes = 1, topic = 'events' }: Offer): BatchStep {
  const event = anEvent('message.received')
  const placed: Placed = { event, position: { topic: 'wa.events', partition, nextOffset: 1n } }
  const advance = { topic, fromOffset: 0n, nextOffset: BigInt(records) }
  return {
    partition,
    revisions: [0n],
    advance,
    leftOut: [],
    placed: Array.from({ length: records }, () => placed),
    unplaced: new Set(),
    sizeBytes: bytes,
  }
}
