// Record sets as brokers send them: whole batches of format 2, decompressed, transactions that were aborted left out, positions after gaps known.
import { LogError, type LogRecord, type Position, type TopicPartition } from '../log.ts'
import type { PartitionAnswer } from './fetch.ts'
import { createDecoder, decodeBatch, type RawRecord, type RecordBatch } from './internals.ts'

type Read = { records: LogRecord[]; nextOffset: bigint }

/** Answers the error where a batch cannot be read: everybody else’s partitions go on. */
export async function decodeRecordSet(
  from: Position,
  { recordSet, aborted }: Pick<PartitionAnswer, 'recordSet' | 'aborted'>,
): Promise<Read | LogError> {
  const visible = openVisibility(aborted)
  const read: Read = { records: [], nextOffset: from.nextOffset }
  for (const bytes of wholeBatches(recordSet)) {
    const batch = await decodeWhole(bytes, { ...from, nextOffset: read.nextOffset })
    if (batch instanceof LogError) return read.records.length > 0 ? read : batch
    const lastOffset = BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta)
    if (visible(batch, lastOffset))
      for (const record of batch.records)
        if (BigInt(record.offset) >= from.nextOffset) read.records.push(toLogRecord(from, record))
    if (lastOffset >= read.nextOffset) read.nextOffset = lastOffset + 1n
  }
  return read
}

const LENGTH_AT = 8
const MAGIC_AT = 16
const HEADER_BYTES = 61

/** The last one of an answer may be cut off: it comes again. */
function* wholeBatches(recordSet: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEADER_BYTES <= recordSet.length; ) {
    const end = at + LENGTH_AT + 4 + recordSet.readInt32BE(at + LENGTH_AT)
    if (end > recordSet.length) return
    yield recordSet.subarray(at, end)
    at = end
  }
}

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const ATTRIBUTES_AT = 21

async function decodeWhole(bytes: Buffer, { topic, partition, nextOffset }: Position): Promise<RecordBatch | LogError> {
  const magic = bytes.readInt8(MAGIC_AT)
  const codec = codecs[bytes.readInt16BE(ATTRIBUTES_AT) & 7] ?? 'unknown'
  const what = `reading ${topic}/${partition} at offset ${nextOffset}`
  if (magic !== 2) return new LogError('denied', `${what}: expected record format 2, got ${magic}`)
  try {
    return await decodeBatch(createDecoder(bytes))
  } catch (cause) {
    const advice = codec === 'snappy' || codec === 'lz4' ? '; let its producer use none, gzip or zstd' : ''
    return new LogError('denied', `${what}: cannot read a batch with compression ${codec}${advice}`, { cause })
  }
}

/** As the Java client does it: a producer's batches are invisible from the start of its aborted transaction to its marker. */
function openVisibility(aborted: PartitionAnswer['aborted']) {
  const ahead = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset))
  const aborting = new Set<string>()
  return (batch: RecordBatch, lastOffset: bigint): boolean => {
    for (let next = ahead[0]; next !== undefined && next.firstOffset <= lastOffset; next = ahead[0]) {
      aborting.add(next.producerId.toString())
      ahead.shift()
    }
    if (!batch.isControlBatch) return !(batch.inTransaction && aborting.has(batch.producerId))
    if (isAbortMarker(batch)) aborting.delete(batch.producerId)
    return false
  }
}

/** Key of a control record: version, then 0 = abort, 1 = commit. */
const isAbortMarker = ({ records }: RecordBatch) => records[0]?.key?.readInt16BE(2) === 0

/** What others wrote may be no UTF-8, without key, with a header twice: text as far as it is, '' for none, the last of equal headers. */
const toLogRecord = ({ topic, partition }: TopicPartition, { offset, timestamp, key, value, headers }: RawRecord): LogRecord => ({
  topic,
  partition,
  offset: BigInt(offset),
  key: key?.toString() ?? '',
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, of]) => [name, headerText(of)])),
  recordedAt: Number(timestamp),
})

const headerText = (of: RawRecord['headers'][string]): string =>
  (of === null || Buffer.isBuffer(of) ? of : of.at(-1))?.toString() ?? ''
