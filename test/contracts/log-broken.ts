// Logs that break one promise each, made from a real one, so that the suite is seen to notice.
import {
  type Append,
  type BatchConsumer,
  type BatchOutcome,
  type EventLog,
  type LaneConsumer,
  LogError,
  type LogRecord,
  type Outcome,
  type Position,
  type ProgressStore,
  type TopicDeclaration,
} from '../../src/log/log.ts'
import { wait } from '../../src/runtime/wait.ts'
import type { LogAdapter, LogMember } from './log-ground.ts'

/** `breaks` begins the title of the promise that must go red. */
type BrokenLog = { title: string; breaks: string; log?(log: EventLog): EventLog; progress?(store: ProgressStore): ProgressStore }

const never = new AbortController().signal
const later = async <T>(delayMs: number, act: () => Promise<T>) => {
  await wait(delayMs, never)
  return act()
}

const appending = (change: (append: EventLog['append']) => EventLog['append']) => (log: EventLog) => ({
  ...log,
  append: change(log.append),
})
const lanes =
  (change: (consumer: LaneConsumer, log: EventLog, signal: AbortSignal) => Partial<LaneConsumer>) => (log: EventLog) => ({
    ...log,
    consumeLanes: (consumer: LaneConsumer, signal: AbortSignal) =>
      log.consumeLanes({ ...consumer, ...change(consumer, log, signal) }, signal),
  })
const batches = (change: (consumer: BatchConsumer, log: EventLog) => Partial<BatchConsumer>) => (log: EventLog) => ({
  ...log,
  consumeBatches: (consumer: BatchConsumer, signal: AbortSignal) =>
    log.consumeBatches({ ...consumer, ...change(consumer, log) }, signal),
})
/** The handler's outcomes changed on their way back. */
const outcomes = (change: (outcome: Outcome, record: LogRecord, consumer: LaneConsumer, log: EventLog) => Outcome) =>
  lanes((consumer, log) => ({
    handle: async (record, attempt, signal) => change(await consumer.handle(record, attempt, signal), record, consumer, log),
  }))
const batchOutcomes = (change: (outcome: BatchOutcome) => BatchOutcome) =>
  batches(consumer => ({ handle: async (batch, signal) => change(await consumer.handle(batch, signal)) }))
const reading = (change: (read: EventLog['read'], log: EventLog) => EventLog['read']) => (log: EventLog) => ({
  ...log,
  read: change(log.read, log),
})
const mapped =
  (change: (record: LogRecord) => LogRecord | null): ((read: EventLog['read']) => EventLog['read']) =>
  read =>
    async function* (...args) {
      for await (const record of read(...args)) {
        const changed = change(record)
        if (changed !== null) yield changed
      }
    }
const isBad = (record: { value: Uint8Array | null }, text: string) => Buffer.from(record.value ?? []).toString() === text
const nothing: Outcome = { kind: 'emit', appends: [] }

const brokenAppends: readonly BrokenLog[] = [
  {
    title: 'answers before the record is durable',
    breaks: '[B2] when append resolves',
    log: appending(append => async (of, signal) => {
      later(200, () => append(of, signal)).catch(() => 'the test is over')
      return []
    }),
  },
  {
    title: 'lets a later call overtake',
    breaks: '[B4] per key, log order is the order of the calls',
    log: appending(append => (of, signal) => (Math.random() < 0.5 ? later(5, () => append(of, signal)) : append(of, signal))),
  },
  {
    title: 'sends a large call in parts at once',
    breaks: '[B4] records of one call keep their order',
    log: appending(append => async (of, signal) => {
      const middle = of.records.length >> 1
      const [second] = await Promise.all([
        append({ ...of, records: of.records.slice(middle) }, signal),
        append({ ...of, records: of.records.slice(0, middle) }, signal),
      ])
      return second
    }),
  },
  {
    title: 'answers the offset of the last record',
    breaks: 'append answers one position per partition',
    log: appending(
      append => async (of, signal) =>
        (await append(of, signal)).map(position => ({ ...position, nextOffset: position.nextOffset - 1n })),
    ),
  },
  {
    title: 'has a partitioner of its own',
    breaks: '[B4] a key’s records are in the partition',
    log: reading(mapped(record => ({ ...record, partition: (record.partition + 1) % 4 }))),
  },
  {
    title: 'turns a null value into an empty one',
    breaks: 'key, value, headers and time come back',
    log: reading(mapped(record => ({ ...record, value: record.value ?? Buffer.alloc(0) }))),
  },
  {
    title: 'drops a record that is too large in silence',
    breaks: 'a record too large is refused',
    log: appending(
      append => (of, signal) =>
        append({ ...of, records: of.records.filter(({ value }) => (value?.length ?? 0) < 10_000) }, signal),
    ),
  },
  {
    title: 'creates a topic that does not exist',
    breaks: 'a topic that does not exist is refused',
    log: log => ({
      ...log,
      append: async (of, signal) => {
        await log.ensureTopics([emptyTopic(of.topic)], signal)
        return log.append(of, signal)
      },
    }),
  },
  {
    title: 'does not look at the signal',
    breaks: 'an append whose signal has aborted',
    log: appending(append => of => append(of, never)),
  },
]

const brokenReads: readonly BrokenLog[] = [
  {
    title: 'reads beyond the end it was called at',
    breaks: 'read is ordered per partition and complete',
    log: log => ({
      ...log,
      read: async function* (topic, range, signal) {
        yield* log.read(topic, range, signal)
        if (range.until === 'end')
          yield* log.read(topic, { ...range, from: range.from === 'first' ? { recordedAt: 1 } : range.from }, signal)
      },
    }),
  },
  {
    title: 'ends a read that has no end',
    breaks: 'a read without an end goes on',
    log: reading(
      read =>
        (topic, { from }, signal) =>
          read(topic, { from, until: 'end' }, signal),
    ),
  },
  {
    title: 'filters by time instead of beginning there',
    breaks: 'reading from a time begins',
    log: reading(
      read =>
        async function* (topic, range, signal) {
          const at = typeof range.from === 'object' && 'recordedAt' in range.from ? range.from.recordedAt : 0
          for await (const record of read(topic, { ...range, from: 'first' }, signal)) if (record.recordedAt >= at) yield record
        },
    ),
  },
  {
    title: 'reads all partitions',
    breaks: 'partitions that positions do not name',
    log: reading(
      read =>
        (topic, { from, until }, signal) =>
          read(topic, { from: Array.isArray(from) ? 'first' : from, until }, signal),
    ),
  },
  {
    title: 'reads one too many',
    breaks: 'reading until a position stops before it',
    log: reading(
      read =>
        (topic, { from, until }, signal) =>
          read(
            topic,
            { from, until: Array.isArray(until) ? until.map((p: Position) => ({ ...p, nextOffset: p.nextOffset + 1n })) : until },
            signal,
          ),
    ),
  },
  {
    title: 'begins at the first record when the position is gone',
    breaks: 'reading from before the log rejects',
    log: reading(
      read =>
        async function* (topic, range, signal) {
          try {
            yield* read(topic, range, signal)
          } catch (error) {
            if (!(error instanceof LogError) || error.code !== 'truncated') throw error
            yield* read(topic, { ...range, from: 'first' }, signal)
          }
        },
    ),
  },
  {
    title: 'counts the lag from the beginning',
    breaks: '[H1] lag counts',
    log: log => ({
      ...log,
      lag: async (of, signal) => (await log.lag(of, signal)).map(lag => ({ ...lag, lagRecords: Number(lag.endOffset) })),
    }),
  },
]

const brokenTopics: readonly BrokenLog[] = [
  {
    title: 'creates with other settings',
    breaks: '[B7] ensureTopics creates what is missing',
    log: log => ({
      ...log,
      ensureTopics: (declared, signal) =>
        log.ensureTopics(declared, signal).then(() => log.ensureTopics(declared.map(twicePartitions), signal)),
    }),
  },
  {
    title: 'hides differences',
    breaks: '[B7] ensureTopics changes nothing',
    log: log => ({
      ...log,
      ensureTopics: async (declared, signal) =>
        (await log.ensureTopics(declared, signal)).filter(one => one.setting !== 'partitions'),
    }),
  },
  {
    title: 'fails where somebody else was faster',
    breaks: '[B7] members that create the same topics',
    log: log => {
      let first = true
      return {
        ...log,
        ensureTopics: async (declared, signal) => {
          if (declared.length > 1 && !first) throw new LogError('denied', 'the topic exists')
          first = declared.length < 2
          return log.ensureTopics(declared, signal)
        },
      }
    },
  },
  {
    title: 'says nothing of what it cannot do',
    breaks: '[B7] what the log cannot do',
    log: log => ({
      ...log,
      ensureTopics: async (declared, signal) =>
        (await log.ensureTopics(declared, signal)).filter(one => one.setting !== 'cleanup'),
    }),
  },
]

const brokenLanes: readonly BrokenLog[] = [
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
    log: outcomes((outcome, _record, _consumer, log) => {
      if (outcome.kind !== 'emit') return outcome
      later(30, () => Promise.all(outcome.appends.map((append: Append) => log.append(append, never)))).catch(
        () => 'the test is over',
      )
      return nothing
    }),
  },
  {
    title: 'gives up at a retry',
    breaks: 'attempts count from 1',
    log: outcomes(outcome => (outcome.kind === 'retry' ? nothing : outcome)),
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
      take: async (group, assigned, signal) => {
        const taken = await store.take(group, assigned, signal)
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

const brokenPauses: readonly BrokenLog[] = [
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

const brokenGroups: readonly BrokenLog[] = [
  {
    title: 'gives every member everything',
    breaks: '[H5] members share the partitions',
    log: lanes(() => ({ group: `alone-${Math.random()}`, progress: freshProgress })),
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
          log.consumeBatches({ ...consumer, topics: [topic], group: `${consumer.group} ${topic}` }, signal),
        )
        return {
          done: Promise.all(each.map(({ done }) => done)).then(() => undefined),
          // Members are told apart by chance, as two assignors would.
          status: () =>
            each.flatMap(({ status }, index) =>
              status().map(one => (index === 0 ? one : { ...one, partition: 3 - one.partition })),
            ),
        }
      },
    }),
  },
]

const brokenBatches: readonly BrokenLog[] = [
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
      positions: async (assigned, signal) => inside(await consumer.positions(assigned, signal), log),
    })),
  },
  {
    title: 'handles its topics at once',
    breaks: '[D2] one batch of partition p',
    log: log => ({
      ...log,
      consumeBatches: (consumer, signal) => {
        const each = consumer.topics.map(topic =>
          log.consumeBatches({ ...consumer, topics: [topic], group: `${consumer.group} ${topic}` }, signal),
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

export const brokenLogs = [
  ...brokenAppends,
  ...brokenReads,
  ...brokenTopics,
  ...brokenLanes,
  ...brokenPauses,
  ...brokenGroups,
  ...brokenBatches,
]

export const breakAdapter = (adapter: LogAdapter, { log = same, progress = same }: BrokenLog): LogAdapter => ({
  ...adapter,
  openMember: async (): Promise<LogMember> => {
    const member = await adapter.openMember()
    return { ...member, log: log(member.log), progress: progress(member.progress) }
  },
})

const same = <T>(value: T): T => value
const twicePartitions = (declared: TopicDeclaration) => ({ ...declared, partitions: declared.partitions * 2 })
const emptyTopic = (topic: string): TopicDeclaration => ({
  topic,
  partitions: 1,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: 100_000,
})

const freshProgress: ProgressStore = {
  take: async (_group, assigned) => assigned.map(at => ({ ...at, nextOffset: 0n, finished: [] })),
  save: async () => true,
}

const inside = async (positions: readonly Position[], log: EventLog): Promise<Position[]> => {
  const lags = await log.lag(positions, never)
  return lags.map(({ topic, partition, firstOffset }) => ({ topic, partition, nextOffset: firstOffset }))
}

const skipping = (store: ProgressStore, log: EventLog): ProgressStore => ({
  ...store,
  take: async (group, assigned, signal) =>
    (await inside(await store.take(group, assigned, signal), log)).map(position => ({ ...position, finished: [] })),
})
