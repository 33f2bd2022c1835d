// The record of a dead letter, as the topic has it.
import type { TopicName } from '../events/topics.ts'
import { type EventLog, LogError, type LogRecord } from '../log/log.ts'

export type ReadLetterDeps = { log: Pick<EventLog, 'read'>; topic(name: TopicName): string }

/** null: the log has forgotten it. */
export async function readLetter(
  { log, topic }: ReadLetterDeps,
  { partition, offset }: { partition: number; offset: bigint },
  signal: AbortSignal,
): Promise<LogRecord | null> {
  const at = { topic: topic('dead-letters'), partition, nextOffset: offset }
  try {
    for await (const record of log.read(at.topic, { from: [at], until: [{ ...at, nextOffset: offset + 1n }] }, signal))
      return record
    return null
  } catch (error) {
    if (error instanceof LogError && error.code === 'truncated') return null
    throw error
  }
}
