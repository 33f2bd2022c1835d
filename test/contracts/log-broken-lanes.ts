// Logs that break what consumeLanes and groups promise.
import type { EventLog, LaneConsumer, LogRecord, Outcome, ProgressStore } from '../../src/log/log.ts'
import { keptPositions } from './kept-positions.ts'
import type { BrokenLog } from './log-broken.ts'

const never = new AbortController().signal

const lanes =
  (change: (consumer: LaneConsumer, log: EventLog, signal: AbortSignal) => Partial<LaneConsumer>) => (log: EventLog) => ({
    ...log,
    consumeLanes: (consumer: LaneConsumer, signal: AbortSignal) =>
      log.consumeLanes({ ...consumer, ...change(consumer, log, signal) }, signal),
  })
/** The handler's outcomes changed on their way back. */
const outcomes = (change: (outcome: Outcome, record: LogRecord, consumer: LaneConsumer, log: EventLog) => Outcome) =>
  lanes((consumer, log) => ({
    handle: async (record, attempt, signal) => change(await consumer.handle(record, attempt, signal), record, consumer, log),
  }))
const isBad = (record: { value: Uint8Array | null }, text: string) => Buffer.from(record.value ?? []).toString() === text
const nothing: Outcome = { kind: 'emit', appends: [] }

export const brokenLanes: readonly BrokenLog[] = [
  {
    title: 'loses a record',
    breaks: 'every record is handled',
    log: lanes(consumer => ({
      handle: async (record, ...rest) => (isBad(record, '777') ? nothing : consumer.handle(record, ...rest)),
    })),
  },
  {
    title: 'runs a lane twice at once',
    breaks: 'equal lanes run one at a time',
    log: lanes(consumer => ({ lane: record => `${consumer.lane(record)}/${record.offset % 2n}` })),
  },
  { title: 'has one lane per partition', breaks: 'a slow lane delays no other', log: lanes(() => ({ lane: () => 'one' })) },
  {
    title: 'runs more than asked for',
    breaks: 'no more than maxConcurrency',
    log: lanes(consumer => ({ maxConcurrency: consumer.maxConcurrency + 1 })),
  },
  {
    title: 'finishes before what is emitted is durable',
    breaks: 'what a record emits is durable',
    // As one that dies right then: who looks late must miss it, too.
    log: outcomes(outcome => (outcome.kind === 'emit' ? nothing : outcome)),
  },
  {
    title: 'gives up at a retry',
    breaks: 'attempts count from 1',
    log: outcomes(outcome => (outcome.kind === 'retry' ? nothing : outcome)),
  },
  {
    title: 'counts every retry as an attempt',
    breaks: '[C5] a retry that says so costs no attempt',
    log: outcomes(outcome => (outcome.kind === 'retry' ? { ...outcome, costsAttempt: true } : outcome)),
  },
  {
    title: 'counts attempts from 0',
    breaks: 'attempts count from 1',
    log: lanes(consumer => ({ handle: (record, attempt, signal) => consumer.handle(record, attempt - 1, signal) })),
  },
  {
    title: 'lets every lane wait for a retry',
    breaks: 'while a record waits for its retry',
    log: lanes(() => ({ lane: () => 'one' })),
  },
  {
    title: 'forgets what threw',
    breaks: 'a throw is a retry',
    log: lanes(consumer => ({
      handle: (record, attempt, signal) => consumer.handle(record, attempt, signal).catch(() => nothing),
    })),
  },
  {
    title: 'allows one attempt more',
    breaks: 'a throw is a retry',
    log: lanes(consumer => ({ maxAttempts: consumer.maxAttempts + 1 })),
  },
  {
    title: 'waits as long as it is told to',
    breaks: 'a retry later than 60 s',
    log: outcomes(outcome => (outcome.kind === 'retry' ? { ...outcome, delayMs: Math.min(outcome.delayMs, 60_000) } : outcome)),
  },
  {
    title: 'forgets the headers of what it parks',
    breaks: '[E7] a parked record',
    log: outcomes((outcome, record, consumer) =>
      outcome.kind === 'park'
        ? { kind: 'emit', appends: [{ topic: consumer.deadLetterTopic, records: [{ ...record, headers: {} }] }] }
        : outcome,
    ),
  },
  {
    title: 'goes on after a halt',
    breaks: 'a halt stops its partition',
    log: outcomes(outcome => (outcome.kind === 'halt' ? nothing : outcome)),
  },
  {
    title: 'begins at 0 where progress is lost',
    breaks: 'a partition without a progress row',
    progress: store => ({
      ...store,
      take: async (consumerGroup, assigned, signal) => {
        const taken = await store.take(consumerGroup, assigned, signal)
        return assigned.map(at => taken.find(one => one.partition === at.partition) ?? { ...at, nextOffset: 0n, finished: [] })
      },
    }),
  },
  {
    title: 'skips what is truncated',
    breaks: 'progress outside the log',
    log: log => ({
      ...log,
      consumeLanes: (consumer, signal) => log.consumeLanes({ ...consumer, progress: skipping(consumer.progress, log) }, signal),
    }),
  },
  { title: 'takes in without limit', breaks: 'intake of a partition stops', log: lanes(() => ({ maxBufferedBytes: 1e9 })) },
  {
    title: 'aborts handlers when it is asked to stop',
    breaks: '[H6] a stop finishes what is running',
    log: lanes((consumer, _log, stopping) => ({
      handle: (record, attempt, signal) => consumer.handle(record, attempt, AbortSignal.any([signal, stopping])),
    })),
  },
  {
    title: 'saves nothing',
    breaks: '[H6] a stop finishes what is running',
    progress: store => ({ ...store, save: async () => true }),
  },
  {
    title: 'is done before it is',
    breaks: '[H6] a stop finishes what is running',
    log: log => ({
      ...log,
      consumeLanes: (consumer, signal) => ({ ...log.consumeLanes(consumer, signal), done: Promise.resolve() }),
    }),
  },
]

export const brokenPauses: readonly BrokenLog[] = [
  {
    title: 'counts a pause as an attempt',
    breaks: '[C5] a pause costs no attempt',
    log: outcomes(outcome => (outcome.kind === 'pause' ? { ...outcome, kind: 'retry' } : outcome)),
  },
  {
    title: 'lets every record probe',
    breaks: '[C5] while a dependency is down one record probes',
    log: outcomes((outcome, record) =>
      outcome.kind === 'pause' ? { ...outcome, dependency: `${outcome.dependency} ${record.offset}` } : outcome,
    ),
  },
  {
    title: 'goes on taking in',
    breaks: '[C5] while a dependency is down intake stops',
    log: lanes(consumer => ({
      maxAttempts: 1_000,
      handle: async (record, attempt, signal) => {
        const outcome = await consumer.handle(record, attempt, signal)
        return outcome.kind === 'pause' ? { ...outcome, kind: 'retry' } : outcome
      },
    })),
  },
  {
    title: 'waits for all dependencies together',
    breaks: '[C5] dependencies are probed on their own',
    log: outcomes(outcome => (outcome.kind === 'pause' ? { ...outcome, dependency: 'all', delayMs: 10_000 } : outcome)),
  },
]

export const brokenGroups: readonly BrokenLog[] = [
  {
    title: 'gives every member everything',
    breaks: '[H5] members share the partitions',
    log: lanes(() => ({ consumerGroup: `alone-${Math.random()}`, progress: freshProgress })),
  },
  {
    title: 'forgets where it was',
    breaks: '[H5] when a member stops',
    progress: store => ({ ...store, save: async () => true }),
  },
  {
    title: 'lets a zombie count',
    breaks: '[H5] a slow handler does not hold up',
    log: lanes((consumer, log) => ({
      handle: async (record, attempt, signal) => {
        const outcome = await consumer.handle(record, attempt, signal)
        if (outcome.kind === 'emit') for (const append of outcome.appends) await log.append(append, never)
        return nothing
      },
    })),
  },
  {
    title: 'forgets handlers of assignments that ended',
    breaks: 'a lane that comes back',
    log: lanes((consumer, _log) => ({
      handle: (record, attempt, signal) =>
        Promise.race([
          consumer.handle(record, attempt, signal),
          new Promise<Outcome>(resolve => signal.addEventListener('abort', () => resolve(nothing))),
        ]),
    })),
  },
  {
    title: 'assigns each topic on its own',
    breaks: '[D2] partition p of every topic',
    log: log => ({
      ...log,
      consumeBatches: (consumer, signal) => {
        const each = consumer.topics.map(topic =>
          log.consumeBatches({ ...consumer, topics: [topic], consumerGroup: `${consumer.consumerGroup} ${topic}` }, signal),
        )
        return {
          done: Promise.all(each.map(({ done }) => done)).then(() => undefined),
          // Whoever came first to either topic: of four, halves that are one apart are never the same.
          status: () =>
            each.flatMap(({ status }, index) =>
              status().map(one => (index === 0 ? one : { ...one, partition: (one.partition + 1) % 4 })),
            ),
        }
      },
    }),
  },
]

const freshProgress: ProgressStore = {
  take: async (_group, assigned) => assigned.map(at => ({ ...at, nextOffset: 0n, finished: [] })),
  save: async () => true,
}

const skipping = (store: ProgressStore, log: EventLog): ProgressStore => ({
  ...store,
  take: async (consumerGroup, assigned, signal) =>
    (await keptPositions(await store.take(consumerGroup, assigned, signal), log)).map(position => ({
      ...position,
      finished: [],
    })),
})
