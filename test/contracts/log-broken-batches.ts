// Logs that break what consumeBatches promises.
import type { BatchConsumer, BatchOutcome, EventLog } from '../../src/log/log.ts'
import { keptPositions } from './kept-positions.ts'
import type { BrokenLog } from './log-broken.ts'

const batches = (change: (consumer: BatchConsumer, log: EventLog) => Partial<BatchConsumer>) => (log: EventLog) => ({
  ...log,
  consumeBatches: (consumer: BatchConsumer, signal: AbortSignal) =>
    log.consumeBatches({ ...consumer, ...change(consumer, log) }, signal),
})
const batchOutcomes = (change: (outcome: BatchOutcome) => BatchOutcome) =>
  batches(consumer => ({ handle: async (batch, signal) => change(await consumer.handle(batch, signal)) }))

export const brokenBatches: readonly BrokenLog[] = [
  {
    title: 'leaves the last record out',
    breaks: '[D2] batches are in offset order',
    log: batches(consumer => ({
      handle: (batch, signal) => consumer.handle({ ...batch, records: batch.records.slice(0, -1) }, signal),
    })),
  },
  {
    title: 'turns a batch around',
    breaks: '[D2] batches are in offset order',
    log: batches(consumer => ({
      handle: (batch, signal) => consumer.handle({ ...batch, records: batch.records.toReversed() }, signal),
    })),
  },
  {
    title: 'makes larger batches',
    breaks: 'a batch has no more records',
    log: batches(consumer => ({ maxBatchRecords: consumer.maxBatchRecords * 2 })),
  },
  {
    title: 'has one limit for all topics',
    breaks: '[B6] [D2] of some topics a batch has fewer',
    log: batches(() => ({ maxBatchRecordsOf: {} })),
  },
  { title: 'has no limit on bytes', breaks: 'a batch has no more records', log: batches(() => ({ maxBatchBytes: 1e9 })) },
  {
    title: 'begins at the beginning',
    breaks: '[D2] a consumer begins where',
    log: batches(() => ({ positions: async assigned => assigned.map(at => ({ ...at, nextOffset: 0n })) })),
  },
  {
    title: 'begins at 0 where there is no position',
    breaks: '[D2] a partition without a position',
    log: batches(consumer => ({
      positions: async (assigned, signal) => {
        const known = await consumer.positions(assigned, signal)
        return assigned.map(at => known.find(one => one.topic === at.topic) ?? { ...at, nextOffset: 0n })
      },
    })),
  },
  {
    title: 'skips to what is kept',
    breaks: 'a position outside the log halts',
    log: batches((consumer, log) => ({
      positions: async (assigned, signal) => keptPositions(await consumer.positions(assigned, signal), log),
    })),
  },
  {
    title: 'handles its topics at once',
    breaks: '[D2] one batch of partition p',
    log: log => ({
      ...log,
      consumeBatches: (consumer, signal) => {
        const together = handledTogether(consumer)
        const each = consumer.topics.map(topic =>
          log.consumeBatches({ ...together, topics: [topic], consumerGroup: `${consumer.consumerGroup} ${topic}` }, signal),
        )
        return {
          done: Promise.all(each.map(({ done }) => done)).then(() => undefined),
          status: () => each.flatMap(({ status }) => status()),
        }
      },
    }),
  },
  {
    title: 'does not move',
    breaks: '[D2] moved',
    log: batchOutcomes(outcome => (outcome.kind === 'moved' ? { kind: 'applied' } : outcome)),
  },
  {
    title: 'takes a retry for applied',
    breaks: '[D2] retry, and a throw',
    log: batchOutcomes(outcome => (outcome.kind === 'retry' ? { kind: 'applied' } : outcome)),
  },
  {
    title: 'parks what throws',
    breaks: '[D2] retry, and a throw',
    log: batches(consumer => ({ handle: (batch, signal) => consumer.handle(batch, signal).catch(() => ({ kind: 'applied' })) })),
  },
  {
    title: 'goes on after a halt',
    breaks: '[D2] halt',
    log: batchOutcomes(outcome => (outcome.kind === 'halt' ? { kind: 'applied' } : outcome)),
  },
  {
    title: 'is done before it is',
    breaks: '[H6] a stop waits for the batch',
    log: log => ({
      ...log,
      consumeBatches: (consumer, signal) => ({ ...log.consumeBatches(consumer, signal), done: Promise.resolve() }),
    }),
  },
]

/** Nobody begins before each topic has a batch in hand: they overlap on a slow machine, too. */
function handledTogether(consumer: BatchConsumer): BatchConsumer {
  const inHand = new Set<string>()
  const all = Promise.withResolvers<void>()
  return {
    ...consumer,
    handle: async (batch, signal) => {
      if (inHand.add(batch.topic).size === consumer.topics.length) all.resolve()
      await all.promise
      return consumer.handle(batch, signal)
    },
  }
}
