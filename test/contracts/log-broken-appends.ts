// Logs that break what append, read, lag, positionsAt, ensureTopics and deleteTopics promise.
import { type EventLog, LogError, type LogRecord, type Position, type TopicDeclaration } from '../../src/log/log.ts'
import { breakLater } from './break-later.ts'
import type { BrokenLog } from './log-broken.ts'

const never = new AbortController().signal

const appending = (change: (append: EventLog['append']) => EventLog['append']) => (log: EventLog) => ({
  ...log,
  append: change(log.append),
})
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

export const brokenAppends: readonly BrokenLog[] = [
  {
    title: 'answers before the record is durable',
    breaks: '[B2] when append resolves',
    // As one that dies right then: who looks late must miss it, too.
    log: appending(() => async () => []),
  },
  {
    title: 'lets a later call overtake',
    breaks: '[B4] per key, log order is the order of the calls',
    log: appending(
      append => (of, signal) => (Math.random() < 0.5 ? breakLater(5, () => append(of, signal)) : append(of, signal)),
    ),
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
    title: 'shows records before the ones they follow',
    breaks: '[B4] members that append at once',
    log: reading(
      read =>
        async function* (...args) {
          let late: LogRecord | null = null
          for await (const record of read(...args)) {
            if (record.offset === 100n) late = record
            else yield record
            if (record.offset === 101n && late !== null) yield late
          }
        },
    ),
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
    title: 'goes by the key where a partition is named',
    breaks: '[G1] an append that names a partition',
    log: appending(
      append =>
        ({ topic, records }, signal) =>
          append({ topic, records }, signal),
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
    title: 'calls the fault of a record its own',
    breaks: '[B1] a record that no log can hold',
    log: appending(append => async (of, signal) => {
      const refused = (error: unknown) => {
        throw new LogError('denied', 'appending: refused', { cause: error })
      }
      return append(of, signal).catch(refused)
    }),
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

export const brokenReads: readonly BrokenLog[] = [
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
    title: 'answers its end for every place',
    breaks: '[G1] positionsAt answers',
    log: log => ({ ...log, positionsAt: (topic, _edge, signal) => log.positionsAt(topic, 'end', signal) }),
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

export const brokenTopics: readonly BrokenLog[] = [
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
    title: 'keeps what is deleted',
    breaks: '[G1] a topic that is deleted',
    log: log => ({ ...log, deleteTopics: async () => undefined }),
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
