// The event log port: what zaplog needs of Kafka, and no more. Every sentence here is asserted by test/contracts/log.ts on every adapter.
// Offsets are bigint (decimal strings in JSON), instants are epoch milliseconds, rejections are LogError.
import { CodedError, type Known } from '../runtime/coded-error.ts'
import type { AppendInside } from './append-inside.ts'

export { type AppendedRow, type AppendInside, positionOf } from './append-inside.ts'

export type TopicPartition = { topic: string; partition: number }

/** The next offset to read: 1 + the last one done. */
export type Position = TopicPartition & { nextOffset: bigint }

/** `recordedAt` is the record's timestamp in the log. A null value is a tombstone. */
export type NewRecord = {
  key: string
  value: Uint8Array | null
  headers: Readonly<Record<string, string>>
  recordedAt: number
}
export type LogRecord = TopicPartition &
  NewRecord & {
    offset: bigint
    /**
     * Where several readers of this process may be handed this very record: a place for what one of them makes of its bytes, which
     * counts as twice those and 500 more. Opaque here.
     */
    shared?: { decoded?: unknown }
  }
/** `partition`: of all its records, whatever their keys are; left out, a record is in that of its key. */
export type Append = { topic: string; records: readonly NewRecord[]; partition?: number }

/** What a lane handler decided. A throw is `retry`; a `retry` past maxAttempts is `park`. */
export type Outcome =
  /** Done once every append is durable; an empty list is done in silence. */
  | { kind: 'emit'; appends: readonly Append[] }
  /**
   * Costs one attempt, unless it says otherwise: then nothing was tried, and it never parks. Only this lane waits. delayMs is at most 60 s:
   * what waits longer becomes a row of its owner, or waits in such steps, where a crash may shorten it.
   */
  | { kind: 'retry'; delayMs: number; reason: string; costsAttempt?: boolean }
  /** Costs no attempt: one record per dependency probes after delayMs, the others wait for it, intake stops on this member only. */
  | { kind: 'pause'; dependency: string; delayMs: number; reason: string }
  /** Original bytes become durable in deadLetterTopic, then the lane goes on. */
  | { kind: 'park'; reason: string }
  /** The partition stops here, uncommitted, and status() says so. */
  | { kind: 'halt'; reason: string }

/** What is done of one partition: everything below nextOffset, and `finished` beyond it (`to` exclusive). */
export type Progress = Position & { finished: readonly { from: bigint; to: bigint }[] }

/** Progress rows under an owner token. */
export type ProgressStore = {
  /** This member owns the named partitions from now on; a partition without a row is left out of the answer and must halt. */
  take(consumerGroup: string, assigned: readonly TopicPartition[], signal: AbortSignal): Promise<readonly Progress[]>
  /** false: somebody else took one of them, the assignment is over and nothing was saved. */
  save(consumerGroup: string, progress: readonly Progress[], signal: AbortSignal): Promise<boolean>
}

export type LaneConsumer = {
  consumerGroup: string
  topics: readonly string[]
  deadLetterTopic: string
  progress: ProgressStore
  /** Handlers running at once on this member. */
  maxConcurrency: number
  /** Intake of a partition stops while this many bytes of its records are unfinished. */
  maxBufferedBytes: number
  maxAttempts: number
  /** Progress is saved at most so long after it changed [250]: what was done in that time may be handed over again after a crash. */
  saveWithinMs?: number
  /** Pure. Within a partition equal lanes run one at a time, in offset order. */
  lane(record: LogRecord): string
  /**
   * `attempt` counts from 1 and starts again after a crash or a move. The signal aborts when the assignment ends;
   * a lane restarts here only after its earlier handler returned, and what an ended assignment completes is discarded.
   */
  handle(record: LogRecord, attempt: number, signal: AbortSignal): Promise<Outcome>
}

/** One partition in offset order; [fromOffset, nextOffset) was read, gaps included. */
export type Batch = TopicPartition & { fromOffset: bigint; nextOffset: bigint; records: readonly LogRecord[] }
export type BatchOutcome =
  | { kind: 'applied' }
  /** Somebody else went on: read again from there. */
  | { kind: 'moved'; nextOffset: bigint }
  | { kind: 'retry'; delayMs: number; reason: string }
  | { kind: 'halt'; reason: string }

export type BatchConsumer = {
  consumerGroup: string
  topics: readonly string[]
  maxBatchRecords: number
  /** Of some topics fewer [of none]. */
  maxBatchRecordsOf?: Readonly<Record<string, number>>
  maxBatchBytes: number
  /** Where to read on, per assigned partition; one left out halts. */
  positions(assigned: readonly TopicPartition[], signal: AbortSignal): Promise<readonly Position[]>
  /** One batch of partition p at a time, over all topics; partition p of all topics belongs to one member. */
  handle(batch: Batch, signal: AbortSignal): Promise<BatchOutcome>
}

export type PartitionStatus = Position & {
  state: 'running' | 'paused' | 'halted'
  reason: string | null
  lastProgressAt: number
}
/** `done` resolves when intake has stopped, work is finished or handed back, and commits are durable. */
export type Consumption = { done: Promise<void>; status(): readonly PartitionStatus[] }

export type LaneConsumption = Consumption & { inTurn: InTurn }
/**
 * Does something in the lane of a record, as if that were read now: behind what its lane has in hand, before what it reads later, and as one of
 * maxConcurrency; no progress is made. It is told when the assignment ends. false: not done, because its partition is not this member's, or it
 * stopped or the signal aborted before its turn came.
 */
export type InTurn = (record: LogRecord, work: (ended: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<boolean>

/** Partitions that a list of positions does not name are not read. */
export type Edge = 'first' | 'end' | { recordedAt: number } | readonly Position[]

/** lagMs: now - recordedAt of the next record; 0 when there is none; null where it cannot be known. */
export type Lag = Position & { firstOffset: bigint; endOffset: bigint; lagRecords: number; lagMs: number | null }

export type TopicDeclaration = {
  topic: string
  partitions: number
  replication: number
  minInsync: number
  retentionMs: number | 'forever'
  cleanup: 'delete' | 'compact'
  maxRecordBytes: number
}
export type TopicDifference = { topic: string; setting: string; declared: string; actual: string }

export type EventLog = {
  /**
   * Resolves when every record survives a kill -9 of us and of the log's server. Per key, log order = call order.
   * Unavailability is retried inside (the worst case is a repeated record); rejects only what cannot ever succeed, and says apart what
   * is about a record (isAboutRecord: without it the others are taken) from what is about the topic or this client.
   * Answers one position per partition written: the offset after the last record there.
   */
  append(append: Append, signal: AbortSignal): Promise<readonly Position[]>
  /** Of a log that is rows of zaplog's own database; null: it is none, and what a transaction owes goes through an outbox. */
  inside: AppendInside | null
  /** At least once; abort is a graceful stop: work in hand is finished or handed back, progress saved. */
  consumeLanes(consumer: LaneConsumer, signal: AbortSignal): LaneConsumption
  /** A position outside the log halts as `truncated`, never skips. */
  consumeBatches(consumer: BatchConsumer, signal: AbortSignal): Consumption
  /** Ordered per partition; 'end' is the end when called; until null never ends; from before the log rejects `truncated`. */
  read(topic: string, range: { from: Edge; until: Edge | null }, signal: AbortSignal): AsyncIterable<LogRecord>
  /**
   * All of them at once, each in order, for ever and without a group; a batch begins where the one before of its partition ended. The log's
   * absence is waited out inside. Rejects `truncated` where one is outside the log, `aborted` when the signal aborts.
   */
  follow(from: readonly Position[], signal: AbortSignal): AsyncIterable<Batch>
  lag(of: readonly Position[], signal: AbortSignal): Promise<readonly Lag[]>
  /** One for each partition, in their order: where a read from there would begin. */
  positionsAt(topic: string, edge: 'first' | 'end' | { recordedAt: number }, signal: AbortSignal): Promise<readonly Position[]>
  /** Creates what is missing, changes nothing that exists, answers every difference. */
  ensureTopics(declared: readonly TopicDeclaration[], signal: AbortSignal): Promise<readonly TopicDifference[]>
  /** With every record of theirs. What is not there is passed over, so that it can be said again. */
  deleteTopics(topics: readonly string[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** misconfigured: TLS does not fit. Retryable like unavailable: whoever runs the log may mend it as well as our settings. */
export type LogErrorCode =
  | 'record-too-large'
  | 'record-refused'
  | 'topic-missing'
  | 'denied'
  | 'aborted'
  | 'truncated'
  | 'unavailable'
  | 'misconfigured'

export class LogError extends CodedError<LogErrorCode> {
  override name = 'LogError'
  readonly port = 'log'
  constructor(code: LogErrorCode, message: string, known: Known & { retryable?: boolean } = {}) {
    super({ code, message, retryable: code === 'unavailable' || code === 'misconfigured', ...known })
  }
}

/** For good, whoever appends it, while other records are taken: trying again is no use, another form of it may be. */
export const isAboutRecord = (error: unknown): error is LogError =>
  error instanceof LogError && (error.code === 'record-too-large' || error.code === 'record-refused')
