// One partition of the log becomes that of a topic in Kafka. How far Kafka is decides where to go on, at the beginning and after each failure:
// what is there is compared before anything is appended behind it.
import type { Writer } from '../../log/kafka/kafka-copy.ts'
import { LogError, type LogRecord, type NewRecord } from '../../log/log.ts'
import type { MovingPartition } from '../../log/postgres/move-out.ts'
import { renumber, type SchemaIds } from '../../log/schema-ids.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import type { Moving, Told } from './move.ts'
import { MoveRefused } from './move-refused.ts'
import { greatest, verifyStretch } from './verify-stretch.ts'

export type Copying = Moving & { writer: Writer; ids: SchemaIds; told: Told }
type Of = {
  partition: MovingPartition
  maxBatchBytes: number | null
  /** So many records more are in Kafka. */
  count(records: number, bytes: number): void
}

/** What was appended last before a kill or a failure is compared. */
const TAIL_RECORDS = 500n
const BATCH_RECORDS = 1_000
const BATCH_BYTES = 512 * 1024
/** Without anything in them, and compressed. */
const FILL_RECORDS = 10_000
/** So often in a row without a record more in Kafka, five minutes in all, until that is an end: whoever calls again goes on. */
const MOST_TRIES = 60
const AGAIN = { baseMs: 200, capMs: 5_000, jitter: 0.2 }

/** Rejects MoveRefused and LogError. */
export async function copyPartition(copying: Copying, of: Of, signal: AbortSignal): Promise<void> {
  let counted = 0n
  for (let tries = 0; ; tries += 1) {
    try {
      const at = await resume(copying, of.partition, signal)
      if (at > counted) {
        of.count(Number(at - counted), 0)
        counted = at
        tries = 0
      }
      const count = (records: number, bytes: number) => {
        counted += BigInt(records)
        tries = 0
        of.count(records, bytes)
      }
      await copyFrom(copying, { ...of, count }, at, signal)
      return
    } catch (error) {
      if (!isPassing(error) || tries === MOST_TRIES) throw error
      if (tries > 0) copying.told.waiting(error.message)
      await wait(backoffMs({ ...AGAIN, attempt: tries + 1, random: Math.random() }), signal)
      signal.throwIfAborted()
    }
  }
}

/** Of a topic that was just made some brokers learn later, and what is being read may be too old by now: both are looked at again. */
export const isPassing = (error: unknown): error is LogError =>
  error instanceof LogError && (error.retryable || error.code === 'topic-missing' || error.code === 'truncated')

/** Where Kafka's partition ends, behind what is proven to be ours. */
async function resume({ copy, ...copying }: Copying, of: MovingPartition, signal: AbortSignal): Promise<bigint> {
  const { topic, partition } = of
  const there = await copy.bounds(of)
  if (there.endOffset > of.endOffset)
    throw new MoveRefused('copy-differs', [
      `${topic}/${partition}: Kafka has records up to offset ${there.endOffset}, expected none beyond ${of.endOffset}`,
    ])
  const from = greatest(of.firstOffset, there.firstOffset, there.endOffset - TAIL_RECORDS)
  if (from < there.endOffset)
    await verifyStretch({ copy, ...copying }, { topic, partition, from, until: there.endOffset }, signal)
  return there.endOffset
}

async function copyFrom(copying: Copying, of: Of, from: bigint, signal: AbortSignal): Promise<void> {
  const { partition } = of
  let at = from
  if (at < partition.firstOffset) {
    await fill(copying, of, at, signal)
    at = partition.firstOffset
  }
  const { firstOffset } = await copying.copy.bounds(partition)
  if (firstOffset < partition.firstOffset) await copying.copy.deleteBefore(positionOf(partition, partition.firstOffset))
  await appendRest(copying, of, at, signal)
}

/** In place of what retention took, so that the first record that is left has its offset; dated like that record, and gone right afterwards. */
async function fill({ copy, writer }: Copying, { partition, count }: Of, from: bigint, signal: AbortSignal): Promise<void> {
  const recordedAt = partition.oldestRecordedAt ?? partition.newestRecordedAt ?? 0
  for (let at = from; at < partition.firstOffset; ) {
    signal.throwIfAborted()
    const left = partition.firstOffset - at
    const records = left < FILL_RECORDS ? Number(left) : FILL_RECORDS
    await copy.fill(writer, positionOf(partition, at), records, recordedAt)
    at += BigInt(records)
    count(records, 0)
  }
}

async function appendRest(copying: Copying, of: Of, from: bigint, signal: AbortSignal): Promise<void> {
  const { partition, maxBatchBytes, count } = of
  const stretch = { topic: partition.topic, partition: partition.partition, from, until: partition.endOffset }
  let at = from
  for await (const { records, bytes } of batches(copying.read(stretch, signal), copying.ids)) {
    signal.throwIfAborted()
    await copying.copy.append(copying.writer, positionOf(partition, at), records, maxBatchBytes)
    at += BigInt(records.length)
    count(records.length, bytes)
  }
}

const positionOf = ({ topic, partition }: MovingPartition, nextOffset: bigint) => ({ topic, partition, nextOffset })

type Batch = { records: NewRecord[]; bytes: number }

async function* batches(records: AsyncIterable<LogRecord>, ids: SchemaIds): AsyncGenerator<Batch> {
  let batch: Batch = { records: [], bytes: 0 }
  for await (const record of records) {
    const { key, headers, recordedAt } = record
    batch.records.push({ key, value: renumber(record.value, ids), headers, recordedAt })
    batch.bytes += record.value?.byteLength ?? 0
    if (batch.records.length < BATCH_RECORDS && batch.bytes < BATCH_BYTES) continue
    yield batch
    batch = { records: [], bytes: 0 }
  }
  if (batch.records.length > 0) yield batch
}
