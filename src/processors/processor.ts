// What a processor is: what it reads of the log, which events it takes and how many at once, and what it answers to one of them, in events.
// Records, topics, ids, tombstones, lines and counts are its runner's (process-record.ts), which is the same for all. A new one is a file
// like download-media.ts and a line in all.ts.
import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { Envelope, Event, EventOf, EventType } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog, LogRecord, Outcome } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { FairTurns } from '../runtime/fair-turns.ts'
import type { Fields, Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Pace } from '../runtime/pace.ts'
import type { Sealer } from '../runtime/seal.ts'

/** `Work`: what there is to do because of one event. */
export type Processor<Work = unknown> = {
  /** Names its consumer group and its check, and is part of the ids of what it makes: it never changes. */
  name: string
  reads: readonly TopicName[]
  /** Records whose header names another type are passed over unread. */
  types: readonly EventType[]
  /** What there is to do; null: nothing, and the record is done. Pure: a text message must cost no question. */
  takes(event: Event): Work | null
  /** Pure. Records of one lane are processed one after another [each event is a lane]. */
  lane?(record: LogRecord): string
  /** `saveWithinMs`: as the log says of its consumers. */
  limits: { concurrency: number; bufferedBytes: number; attempts: number; saveWithinMs?: number }
  /** What it answers where it only waits; null: there is something to do. Asked before anything else, so that waiting costs no question. */
  stillWaits?(work: Work): Answer | null
  /**
   * A rejection for Postgres, the object store or the registry that is away pauses; another one counts as a try. Once the signal aborts,
   * its answer is discarded.
   */
  process(work: Work, given: Given, signal: AbortSignal): Promise<Answer>
  /**
   * Its instance is purged: whatever it put for this work goes, also what a killed try left. The runner asks for the tombstone before
   * and after `process`. Unset: it writes in transactions that ask themselves.
   */
  clearAway?(work: Work, signal: AbortSignal): Promise<void>
  /** Which rejections cost a try although a dependency of ours says them [none]. */
  isSurprise?(error: unknown): boolean
  /** What is said of a pause; the runner adds `dependency`, `reason` and `retryInMs`. Unset: the log's own status is enough. */
  paused?(work: Work): Line
}

/** `attempt` counts from 1 and starts again after a crash or a move. */
export type Given = { record: LogRecord; attempt: number }

/**
 * As the log's outcomes, in events. Where there turns out to be nothing to do, it emits none: the record is done in silence. `report` is said once the answer stands, never of a purged instance.
 */
export type Answer = { report?: Report } & ({ kind: 'emit'; events: readonly Made[] } | Exclude<Outcome, { kind: 'emit' }>)

/** An event without its envelope, which the runner takes over from the event it was made of. */
export type Made = { [Type in MadeType]: Omit<EventOf<Type>, keyof Envelope> }[MadeType]
/**
 * Those that say of which event they are, and in which round: their ids follow from it, so that what is made again after a crash is known as a
 * copy, and a success after a failure is not. A new type of them has both fields.
 */
type MadeType = Extract<Event, { sourceEventId: string; round: number }>['type']

export type Report = { line: Line; counts: readonly Count[] }
export type Line = { level: 'info' | 'warn'; event: string; fields: Fields }
/** Called once, when it is said. */
export type Count = () => void

/** What is done every `everyMs`, the first time at once, instead of for each event. */
export type Timer = {
  /** Names its check. */
  name: string
  everyMs: number
  /** Where the last time failed: what is down is not said to be for a whole day. */
  afterFailureMs: number
  /** What its check speaks of. */
  subject: string
  /** Answers what is to be said of it. */
  work(signal: AbortSignal): Promise<Line | null>
  failed(error: unknown): Line
}

/** An entry of all.ts: its name and topics are known before anything is open. */
export type ProcessorEntry = Pick<Processor, 'name' | 'reads'> & {
  open(needs: Needs): Processor & { close(): Promise<void> }
}
export type TimerEntry = Pick<Timer, 'name'> & { open(needs: Needs): Timer }

/** What any of them may be opened with. */
export type Needs = {
  log: EventLog
  codec: Codec
  objects: ObjectStore
  database: Database
  sealer: Sealer
  topic(name: TopicName): string
  config: Config['media']
  uploads: Config['uploads']
  /** What a record holds. */
  records: Pick<Config['log'], 'rawInlineBytes' | 'maxRecordBytes'>
  /** Of what can wait, one for all of the process. */
  pace: Pace
  /** Of parts of histories that are worked off, one for all who do. */
  historyTurns: FairTurns
  /** Loopback origin that takes the place of every WhatsApp media host; null: WhatsApp. */
  cdnUrl: string | null
  logger: Logger
  metrics: Metrics
  clock: () => number
  /** In [0, 1). */
  random: () => number
}
