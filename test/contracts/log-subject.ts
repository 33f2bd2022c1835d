// What an adapter gives to be held to the promises of the log's port. A second client library of Kafka gives one of these in a file of its own
// (`onKafka` in test/ground/log/kafka-adapter.ts has all but how a log is opened), and runs `eachLogPromise` on it: the suite stays as it is.
import { test } from 'vitest'
import type { EventLog, ProgressStore, TopicPartition } from '../../src/log/log.ts'
import { logPromises } from './log.ts'
import { openGround } from './log-ground.ts'

/** One process of several that share a log. */
export type LogMember = { log: EventLog; progress: ProgressStore; close(): Promise<void> }
export type LogAdapter = {
  /** On the same records as every other member. */
  openMember(): Promise<LogMember>
  makeProgress(consumerGroup: string, topics: readonly string[], partitions: number): Promise<void>
  /** Deletes the records below an offset, as retention does. */
  trim(at: TopicPartition, beforeOffset: bigint): Promise<void>
  limits: LogLimits
}
/** What an adapter may not be able to keep, said by it. */
export type LogLimits = {
  /** Keys and headers with NUL characters are taken. */
  nulInText: boolean
  /** ensureTopics can create topics that are compacted, or kept on several servers. */
  compacts: boolean
  /** lag knows how long the next record has been waiting although nobody has read it. */
  lagMsKnown: boolean
}

/** To be called within describe: a test for each promise, each on fresh topics of the adapter. */
export function eachLogPromise(adapter: () => LogAdapter): void {
  test.each(Object.entries(logPromises))('%s', async (_title, assertKept) => {
    const ground = await openGround(adapter())
    try {
      await assertKept(ground)
    } finally {
      await ground.close()
    }
  })
}
