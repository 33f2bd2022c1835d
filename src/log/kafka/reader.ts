// What was fetched of one partition and not yet taken, within a bound; records come out in offset order, gaps are known.
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
  let records: LogRecord[] = []
  let bytes = 0
  let nextOffset = from.nextOffset
  let fetchedTo = from.nextOffset
  let failure: LogError | null = null
  let closed = false
  let wakers: (() => void)[] = []

  function wake() {
    const woken = wakers
    wakers = []
    for (const waker of woken) waker()
  }

  async function ready(signal: AbortSignal) {
    while (fetchedTo === nextOffset) {
      if (failure !== null) throw failure
      if (!(await change(signal))) throw new LogError('aborted', `reading ${topic}/${partition}: aborted`)
    }
  }

  function change(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || closed) return Promise.resolve(false)
    return new Promise(resolve => {
      const end = () => {
        signal.removeEventListener('abort', end)
        resolve(!signal.aborted && !closed)
      }
      signal.addEventListener('abort', end, { once: true })
      wakers.push(end)
    })
  }

  function takeOut({ maxRecords, maxBytes }: ReadLimits): Batch {
    let takenBytes = 0
    const tooMany = records.findIndex((record, index) => {
      takenBytes += sizeOf(record)
      return index > 0 && (index >= maxRecords || takenBytes > maxBytes)
    })
    const taken = tooMany === -1 ? records : records.slice(0, tooMany)
    records = tooMany === -1 ? [] : records.slice(tooMany)
    bytes = records.length === 0 ? 0 : bytes - taken.reduce((sum, record) => sum + sizeOf(record), 0)
    const fromOffset = nextOffset
    nextOffset = records[0] === undefined ? fetchedTo : (taken.at(-1)?.offset ?? fromOffset) + 1n
    return { topic, partition, fromOffset, nextOffset, records: taken }
  }

  return {
    ready,
    next: async (limits, signal) => {
      await ready(signal)
      const batch = takeOut(limits)
      events.changed()
      return batch
    },
    close: () => {
      closed = true
      events.closed()
      wake()
    },
    position: () => ({ topic, partition, nextOffset: fetchedTo }),
    wants: () => !closed && failure === null && bytes < LOW_BYTES,
    take: fetched => {
      if (closed || fetched.fromOffset !== fetchedTo) return
      for (const record of fetched.records) bytes += sizeOf(record)
      records = records.length === 0 ? [...fetched.records] : records.concat(fetched.records)
      fetchedTo = fetched.nextOffset
      wake()
    },
    fail: error => {
      failure = error
      wake()
    },
  }
}
