// What was fetched of one partition and not yet taken, within a bound; records come out in offset order, gaps are known.
import { createBell } from '../../runtime/bell.ts'
import { sizeOf } from '../append/send-queue.ts'
import type { PartitionReader, ReadLimits } from '../engine/partition-reader.ts'
import { type Batch, LogError, type LogRecord, type Position } from '../log.ts'
import type { Fetched } from './fetch.ts'

export type KafkaReader = PartitionReader & {
  /** Where the next fetch begins. */
  position(): Position
  wants(): boolean
  take(fetched: Fetched): void
  /** Final. What was fetched before comes out first. */
  fail(error: LogError): void
}
type Events = { changed(): void; closed(): void }

/** Fetched again when less than this is left, so that a reader rarely waits. */
const LOW_BYTES = 256 * 1024

export function createKafkaReader(from: Position, events: Events): KafkaReader {
  const { topic, partition } = from
  const bell = createBell()
  let ahead: Ahead = { records: [], sizeBytes: 0, nextOffset: from.nextOffset, fetchedTo: from.nextOffset }
  let failure: LogError | null = null
  let closed = false

  async function ready(signal: AbortSignal) {
    await bell.until(() => hasMore(ahead) || failure !== null || closed, signal)
    if (!hasMore(ahead)) throw failure ?? new LogError('aborted', `reading ${topic}/${partition}: aborted`)
  }

  return {
    ready,
    next: async (limits, signal) => {
      await ready(signal)
      const fromOffset = ahead.nextOffset
      const { records, left } = takeOut(ahead, limits)
      ahead = left
      events.changed()
      return { topic, partition, fromOffset, nextOffset: ahead.nextOffset, records } satisfies Batch
    },
    close: () => {
      closed = true
      events.closed()
      bell.ring()
    },
    position: () => ({ topic, partition, nextOffset: ahead.fetchedTo }),
    wants: () => !closed && failure === null && ahead.sizeBytes < LOW_BYTES,
    take: fetched => {
      if (closed || fetched.fromOffset !== ahead.fetchedTo) return
      ahead = withFetched(ahead, fetched)
      bell.ring()
    },
    fail: error => {
      failure = error
      bell.ring()
    },
  }
}

/** [nextOffset, fetchedTo) was fetched and not taken yet: these records, and gaps. */
type Ahead = { records: readonly LogRecord[]; sizeBytes: number; nextOffset: bigint; fetchedTo: bigint }

const hasMore = ({ nextOffset, fetchedTo }: Ahead) => nextOffset !== fetchedTo

const withFetched = (ahead: Ahead, { records, nextOffset }: Fetched): Ahead => ({
  ...ahead,
  records: ahead.records.length === 0 ? records : ahead.records.concat(records),
  sizeBytes: ahead.sizeBytes + bytesOf(records),
  fetchedTo: nextOffset,
})

/** One at least, where there are any. */
function takeOut(ahead: Ahead, { maxRecords, maxBytes }: ReadLimits): { records: readonly LogRecord[]; left: Ahead } {
  let takenBytes = 0
  const tooMany = ahead.records.findIndex((record, index) => {
    takenBytes += sizeOf(record)
    return index > 0 && (index >= maxRecords || takenBytes > maxBytes)
  })
  if (tooMany === -1)
    return { records: ahead.records, left: { ...ahead, records: [], sizeBytes: 0, nextOffset: ahead.fetchedTo } }
  const records = ahead.records.slice(0, tooMany)
  const left = {
    ...ahead,
    records: ahead.records.slice(tooMany),
    sizeBytes: ahead.sizeBytes - bytesOf(records),
    nextOffset: (records.at(-1)?.offset ?? ahead.nextOffset) + 1n,
  }
  return { records, left }
}

const bytesOf = (records: readonly LogRecord[]) => records.reduce((sum, record) => sum + sizeOf(record), 0)
