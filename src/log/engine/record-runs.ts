// Records of a partition that lie one after another in the log, as a read would answer them; and runs of them, ascending, with gaps in between.
import { sizeOf } from '../append/send-queue.ts'
import type { LogRecord, NewRecord, TopicPartition } from '../log.ts'
import type { ReadLimits } from './partition-reader.ts'

/** [firstOffset, endOffset). sizes: of each record in the log. sizeBytes: what all of it takes in memory at most, about. */
export type Run = {
  firstOffset: bigint
  endOffset: bigint
  records: readonly LogRecord[]
  sizes: readonly number[]
  sizeBytes: number
}

/** What a record takes besides its bytes, as an object. */
const RECORD_BYTES = 550

/**
 * Of the event that is decoded from the bytes, counted as if it were already: text takes up to two bytes for one. Measured: events of every type
 * take 0.7 to 1.1 of it with their records; what is all small parts at most three times as much, as `events/codec.ts` keeps nothing beyond.
 */
const decodedBytes = ({ value }: NewRecord): number => 500 + 2 * (value?.byteLength ?? 0)

export function toRun(at: TopicPartition, firstOffset: bigint, given: readonly NewRecord[]): Run {
  const sizes = given.map(sizeOf)
  return {
    firstOffset,
    endOffset: firstOffset + BigInt(given.length),
    records: given.map((record, nth) => asRead(record, at, firstOffset + BigInt(nth))),
    sizes,
    sizeBytes: given.reduce((sum, record, nth) => sum + (sizes[nth] ?? 0) + RECORD_BYTES + decodedBytes(record), 0),
  }
}

/** As every log gives it back: text as UTF-8 can hold it, whole milliseconds, bytes that whoever appended them cannot change any more. */
const asRead = ({ key, value, headers, recordedAt }: NewRecord, at: TopicPartition, offset: bigint): LogRecord =>
  Object.freeze({
    topic: at.topic,
    partition: at.partition,
    offset,
    key: key.toWellFormed(),
    value: value === null ? null : Buffer.from(value),
    headers: Object.freeze(
      Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toWellFormed(), text.toWellFormed()])),
    ),
    recordedAt: new Date(recordedAt).getTime(),
    shared: {},
  })

/** Of the run that has the offset, found by halving; null where none has it. */
export function indexOfRun(runs: readonly Run[], offset: bigint): number | null {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((runs[middle]?.endOffset ?? offset) > offset) high = middle
    else low = middle + 1
  }
  const found = runs[low]
  return found !== undefined && found.firstOffset <= offset ? low : null
}

/** From the offset on, up to the first gap, within the limits but one at least; none where that offset is in no run. */
export function takeFrom(runs: readonly Run[], offset: bigint, { maxRecords, maxBytes }: ReadLimits): readonly LogRecord[] {
  const taken: LogRecord[] = []
  let takenBytes = 0
  for (let index = indexOfRun(runs, offset) ?? runs.length; index < runs.length; index += 1) {
    const run = runs[index]
    const next = offset + BigInt(taken.length)
    if (run === undefined || run.firstOffset > next) return taken
    for (let nth = Number(next - run.firstOffset); nth < run.records.length; nth += 1) {
      const record = run.records[nth]
      takenBytes += run.sizes[nth] ?? 0
      if (record === undefined || (taken.length > 0 && (taken.length >= maxRecords || takenBytes > maxBytes))) return taken
      taken.push(record)
    }
  }
  return taken
}
