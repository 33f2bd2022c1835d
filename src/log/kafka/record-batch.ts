// Record batches of format 2, byte for byte as kafkajs writes them, in one buffer for a batch: kafkajs makes one for each number, which takes five
// times as long.
import { crc32c } from './crc32c.ts'

/** A record as kafkajs takes it. `timestamp`: epoch ms. */
export type SentMessage = {
  partition: number
  key: string
  value: Buffer | null
  headers: Readonly<Record<string, string>>
  timestamp: string
}
/** One after another, one at least. */
export type NumberedBatch = { partition: number; firstSequence: number; messages: readonly SentMessage[] }
/** An idempotent producer, as its broker knows it. */
export type IdempotentProducer = { producerId: string; producerEpoch: number }

const HEADER_BYTES = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const MAGIC = 2
const CRC_AT = 17
const ATTRIBUTES_AT = 21

/** Uncompressed, without a transaction. */
export function encodeRecordBatch(
  producer: IdempotentProducer,
  { firstSequence, messages }: Omit<NumberedBatch, 'partition'>,
): Buffer {
  const times = messages.map(({ timestamp }) => Number(timestamp))
  const [firstTime, maxTime] = [least(times), greatest(times)]
  const batch = Buffer.allocUnsafe(messages.reduce((sum, message) => sum + mostBytes(message), HEADER_BYTES))
  let end = HEADER_BYTES
  messages.forEach((message, nth) => {
    end = writeRecord(batch, end, { message, nth, delta: Number(message.timestamp) - firstTime })
  })
  batch.writeBigInt64BE(0n, 0) // the broker says where it is
  batch.writeInt32BE(end - LENGTH_AT - 4, LENGTH_AT)
  batch.writeInt32BE(0, LENGTH_AT + 4) // and in which epoch of its leader
  batch.writeInt8(MAGIC, MAGIC_AT)
  let at = batch.writeInt16BE(0, ATTRIBUTES_AT)
  at = batch.writeInt32BE(messages.length - 1, at)
  at = batch.writeBigInt64BE(BigInt(firstTime), at)
  at = batch.writeBigInt64BE(BigInt(maxTime), at)
  at = batch.writeBigInt64BE(BigInt(producer.producerId), at)
  at = batch.writeInt16BE(producer.producerEpoch, at)
  at = batch.writeInt32BE(firstSequence, at)
  batch.writeInt32BE(messages.length, at)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT, end)), CRC_AT)
  return batch.subarray(0, end)
}

const least = (numbers: readonly number[]) => numbers.reduce((one, other) => Math.min(one, other))
const greatest = (numbers: readonly number[]) => numbers.reduce((one, other) => Math.max(one, other))

/** Numbers of 32 bits take 5 bytes, and a place of UTF-16 3 in UTF-8. */
const NUMBER_BYTES = 5
const TIME_BYTES = 10
const mostOf = (text: string): number => NUMBER_BYTES + 3 * text.length

function mostBytes({ key, value, headers }: SentMessage): number {
  let most = 1 + TIME_BYTES + 4 * NUMBER_BYTES + mostOf(key) + (value?.length ?? 0)
  for (const name in headers) most += mostOf(name) + mostOf(headers[name] ?? '')
  return most
}

/** Answers where it ends. Its length comes first, and is known last: it is moved up to it. */
function writeRecord(batch: Buffer, start: number, of: { message: SentMessage; nth: number; delta: number }): number {
  const body = start + NUMBER_BYTES
  const end = writeBody(batch, body, of)
  const moved = writeVarint(batch, start, end - body)
  batch.copyWithin(moved, body, end)
  return moved + end - body
}

function writeBody(
  batch: Buffer,
  start: number,
  { message: { key, value, headers }, nth, delta }: { message: SentMessage; nth: number; delta: number },
): number {
  const names = Object.keys(headers)
  let at = batch.writeInt8(0, start) // no attributes
  at = writeVarint(batch, at, delta)
  at = writeVarint(batch, at, nth)
  at = writeText(batch, at, key)
  at = writeVarint(batch, at, value === null ? -1 : value.length)
  if (value !== null) at += value.copy(batch, at)
  at = writeVarint(batch, at, names.length)
  for (const name of names) at = writeText(batch, writeText(batch, at, name), headers[name] ?? '')
  return at
}

function writeText(batch: Buffer, start: number, text: string): number {
  const length = Buffer.byteLength(text)
  const at = writeVarint(batch, start, length)
  return at + batch.write(text, at, length, 'utf8')
}

/** Zigzag, seven bits a byte, the lowest first. */
function writeVarint(batch: Buffer, start: number, value: number): number {
  let at = start
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  for (; rest >= 128; rest = Math.floor(rest / 128)) at = batch.writeUInt8((rest % 128) + 128, at)
  return batch.writeUInt8(rest, at)
}
