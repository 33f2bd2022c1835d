// What the promises of the log port are asserted on: members of one log, fresh topics and groups, consumers that stop with the test.
import type {
  BatchConsumer,
  Consumption,
  LaneConsumer,
  LogRecord,
  NewRecord,
  TopicDeclaration,
  TopicPartition,
} from '../../src/log/log.ts'
import { declareTopic } from '../ground/log.ts'
import { until } from '../ground/until.ts'
import type { LogAdapter, LogMember } from './log-subject.ts'

export type LogChecks = Readonly<Record<string, (ground: Ground) => Promise<void>>>

export type Ground = Awaited<ReturnType<typeof openGround>>
type Running<Of extends Consumption = Consumption> = { consumption: Of; stop(): Promise<void> }

let made = 0
const unique = (name: string) => `${name}-${process.pid}-${++made}`
const never = new AbortController().signal

/** `deadlineMs` bounds each wait: short where a promise is expected to be broken. */
export async function openGround(adapter: LogAdapter, deadlineMs = 20_000) {
  const members: LogMember[] = []
  const running: Running[] = []

  const member = async () => {
    const opened = await adapter.openMember()
    members.push(opened)
    return opened
  }
  const first = await member()
  const run = <Of extends Consumption>(start: (signal: AbortSignal) => Of): Running<Of> => {
    const stopping = new AbortController()
    const consumption = start(stopping.signal)
    const one = {
      consumption,
      stop: async () => {
        stopping.abort()
        await consumption.done
      },
    }
    running.push(one)
    return one
  }

  /** A fresh topic with a progress row for the group. */
  const topic = async (of: Partial<TopicDeclaration> = {}) => {
    const name = unique('topic')
    await first.log.ensureTopics([declareTopic(name, { partitions: 1, ...of })], never)
    return name
  }

  return {
    limits: adapter.limits,
    trim: adapter.trim,
    log: first.log,
    first,
    never,
    member,
    topic,
    makeProgress: adapter.makeProgress,
    /** A fresh topic, its dead letters, and a group with progress. */
    course: async (of: Partial<TopicDeclaration> = {}) => {
      const course = { topic: await topic(of), deadLetters: await topic(of), consumerGroup: unique('group') }
      await adapter.makeProgress(course.consumerGroup, [course.topic], of.partitions ?? 1)
      return course
    },
    consumerGroup: () => unique('group'),
    until: <T>(what: string, condition: () => T | Promise<T>) => until(what, condition, deadlineMs),
    /** The answer, unless the deadline passes first. */
    within: <T>(what: string, promise: Promise<T>) => withDeadline(what, promise, deadlineMs),
    append: (name: string, records: readonly NewRecord[], by: LogMember = first) =>
      by.log.append({ topic: name, records }, never),
    lanes: (
      of: Partial<LaneConsumer> & Pick<LaneConsumer, 'consumerGroup' | 'topics' | 'deadLetterTopic' | 'handle'>,
      by: LogMember = first,
    ) => run(signal => by.log.consumeLanes({ ...laneDefaults, progress: by.progress, ...of }, signal)),
    batches: (of: Partial<BatchConsumer> & Pick<BatchConsumer, 'consumerGroup' | 'topics' | 'handle'>, by: LogMember = first) =>
      run(signal => by.log.consumeBatches({ ...batchDefaults, ...of }, signal)),
    /** Reads a topic without an end until `stop`, which answers what the read ended with. */
    tail: (name: string, each: (record: LogRecord) => void, by: LogMember = first) => {
      const stopping = new AbortController()
      const ended = readOn(by.log.read(name, { from: 'first', until: null }, stopping.signal), each)
      return {
        stop: () => {
          stopping.abort()
          return withDeadline('the read ends', ended, deadlineMs)
        },
      }
    },
    /** All records of a topic, per partition in order. */
    all: async (name: string, by: LogMember = first): Promise<LogRecord[]> =>
      collect(by.log.read(name, { from: 'first', until: 'end' }, never)),
    /** What a group has done of a partition; takes it. */
    progressOf: async (consumerGroup: string, at: TopicPartition) => (await first.progress.take(consumerGroup, [at], never))[0],
    close: async () => {
      await Promise.all(running.map(one => one.stop()))
      await Promise.all(members.map(one => one.close()))
    },
  }
}

const laneDefaults = {
  maxConcurrency: 100,
  maxBufferedBytes: 16 * 1024 ** 2,
  maxAttempts: 3,
  lane: (record: LogRecord) => record.key,
}
const batchDefaults = {
  maxBatchRecords: 100,
  maxBatchBytes: 1024 ** 2,
  positions: async (assigned: readonly TopicPartition[]) => assigned.map(at => ({ ...at, nextOffset: 0n })),
}

async function readOn(records: AsyncIterable<LogRecord>, each: (record: LogRecord) => void): Promise<unknown> {
  try {
    for await (const record of records) each(record)
    return null
  } catch (error) {
    return error
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export const aRecord = (key: string, value: string, of: Partial<NewRecord> = {}): NewRecord => ({
  key,
  value: Buffer.from(value),
  headers: { 'event-id': `${key}:${value}` },
  recordedAt: 1_790_000_000_000,
  ...of,
})

export const textOf = (record: LogRecord) => Buffer.from(record.value ?? []).toString()

/** A promise to hold a handler with. */
export function aGate() {
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  return { opened, open: () => resolve() }
}

async function withDeadline<T>(what: string, promise: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms for: ${what}`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
