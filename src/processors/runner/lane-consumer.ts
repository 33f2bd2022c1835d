// A processor as a consumer of the log, in lanes.
import type { LaneConsumer, LogRecord, ProgressStore } from '../../log/log.ts'
import type { Processor } from '../processor.ts'
import { type ProcessDeps, processRecord } from './process-record.ts'

export type LaneConsumerDeps = ProcessDeps & {
  progress: ProgressStore
  /** Of a processor, by its name. */
  consumerGroup(name: string): string
}

export const laneConsumer = (deps: LaneConsumerDeps, processor: Processor): LaneConsumer => ({
  consumerGroup: deps.consumerGroup(processor.name),
  topics: processor.reads.map(deps.topic),
  deadLetterTopic: deps.topic('dead-letters'),
  progress: deps.progress,
  maxConcurrency: processor.limits.concurrency,
  maxBufferedBytes: processor.limits.bufferedBytes,
  maxAttempts: processor.limits.attempts,
  ...(processor.limits.saveWithinMs !== undefined && { saveWithinMs: processor.limits.saveWithinMs }),
  lane: processor.lane ?? eventLane,
  handle: (record, attempt, signal) => processRecord(deps, { processor, record, attempt }, signal),
})

/** Copies of one event come one after the other, and nothing else waits for them. */
const eventLane = (record: LogRecord): string => record.headers['event-id'] ?? `${record.topic}/${record.offset}`
