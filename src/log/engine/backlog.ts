// What is done of one partition, and how much of what was read of it is not: as values.
import { sizeOf } from '../append/send-queue.ts'
import type { Batch, LogRecord, Progress, TopicPartition } from '../log.ts'
import { isFinished, withFinished } from './finished-ranges.ts'
import type { ReadLimits } from './partition-reader.ts'

export type Backlog = { progress: Progress; unfinishedRecords: number; unfinishedBytes: number }

export const emptyBacklog = (at: TopicPartition): Backlog => backlogFrom({ ...at, nextOffset: 0n, finished: [] })

export const backlogFrom = (progress: Progress): Backlog => ({ progress, unfinishedRecords: 0, unfinishedBytes: 0 })

/** Gaps of the log are done; what was finished already, before a crash or a move, is not begun again. */
export function withBatch(before: Backlog, batch: Batch): { backlog: Backlog; begun: readonly LogRecord[] } {
  let { progress } = before
  let expected = batch.fromOffset
  const begun: LogRecord[] = []
  for (const record of batch.records) {
    progress = withFinished(progress, { from: expected, to: record.offset })
    expected = record.offset + 1n
    if (!isFinished(progress, record.offset)) begun.push(record)
  }
  progress = withFinished(progress, { from: expected, to: batch.nextOffset })
  return {
    backlog: {
      progress,
      unfinishedRecords: before.unfinishedRecords + begun.length,
      unfinishedBytes: begun.reduce((bytes, record) => bytes + sizeOf(record), before.unfinishedBytes),
    },
    begun,
  }
}

export const withoutRecord = (before: Backlog, record: LogRecord): Backlog => ({
  progress: withFinished(before.progress, { from: record.offset, to: record.offset + 1n }),
  unfinishedRecords: before.unfinishedRecords - 1,
  unfinishedBytes: before.unfinishedBytes - sizeOf(record),
})

/** What may still be read beside what is unfinished; null: nothing. */
export function roomBeside({ unfinishedRecords, unfinishedBytes }: Backlog, most: ReadLimits): ReadLimits | null {
  const room = { maxRecords: most.maxRecords - unfinishedRecords, maxBytes: most.maxBytes - unfinishedBytes }
  return room.maxRecords > 0 && room.maxBytes > 0 ? room : null
}
