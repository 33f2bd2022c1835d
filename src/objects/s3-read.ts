// Reads an object or a range of it from S3: the head comes with the first byte, and what is not there is an empty range or null.
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { checkKey } from './object-key.ts'
import { ObjectError, type ObjectHead } from './objects.ts'
import { s3Body } from './s3-body.ts'
import type { S3Bucket } from './s3-bucket.ts'
import { failureOf } from './s3-errors.ts'
import { headObject, toHead, unlessMissing } from './s3-head.ts'

type Range = { key: string; fromByte?: number; toByte?: number; doing?: string }

export async function readObject(
  bucket: S3Bucket,
  of: Range,
  signal: AbortSignal,
): Promise<{ head: ObjectHead; body: AsyncIterable<Uint8Array> } | null> {
  const { key, doing = `reading ${key}` } = of
  checkKey(key)
  const command = new GetObjectCommand({ Bucket: bucket.name, Key: key, ...rangeOf(of) })
  const send = unlessMissing(options => bucket.client.send(command, options).catch(beyondTheEnd))
  const found = await bucket.within({ doing, request: send }, signal)
  if (found === 'beyond the end') {
    const head = await headObject(bucket, key, signal)
    return head && { head, body: noBytes() }
  }
  return found && { head: toHead(key, found, wholeSizeOf(found)), body: bodyOf(bucket, key, found, signal) }
}

/** With its first byte: the answer to a HEAD does not say which of the two is missing, object or bucket, and would take a second request. */
export async function readHead(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<ObjectHead | null> {
  const doing = `reading the head of ${key}`
  const found = await readObject(bucket, { key, fromByte: 0, toByte: 0, doing }, signal)
  if (found === null) return null
  let readBytes = 0
  for await (const { length } of found.body) {
    readBytes += length
    if (readBytes > 1) break // a server that knows no ranges: the rest is not wanted
  }
  return found.head
}

function rangeOf({ key, fromByte = 0, toByte }: Range): { Range?: string } {
  const ok =
    Number.isSafeInteger(fromByte) &&
    fromByte >= 0 &&
    (toByte === undefined || (Number.isSafeInteger(toByte) && toByte >= fromByte))
  if (!ok) throw new ObjectError('refused', `reading ${key}: expected a range of bytes, got ${fromByte}..${toByte ?? ''}`)
  return fromByte === 0 && toByte === undefined ? {} : { Range: `bytes=${fromByte}-${toByte ?? ''}` }
}

/** S3 takes an empty range for an error. */
function beyondTheEnd(error: unknown): 'beyond the end' {
  if (failureOf(error).status === 416) return 'beyond the end'
  throw error
}

const wholeSizeOf = ({ ContentRange, ContentLength }: GetObjectCommandOutput): number =>
  Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength ?? 0)

function bodyOf(bucket: S3Bucket, key: string, { Body }: GetObjectCommandOutput, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (Body === undefined || !('destroy' in Body)) throw new ObjectError('unreachable', `reading ${key}: an answer without a body`)
  return s3Body({ key, source: Body as AsyncIterable<Uint8Array> & typeof Body, idleTimeoutMs: bucket.answerTimeoutMs }, signal)
}

async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* []
}
