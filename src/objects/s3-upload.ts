// Puts a body that ends when it ends: in one request where it fits a part, else in parts, which show only once all are there.
// A body that throws, an abort and a failed part leave no parts behind.
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { NewObject } from './objects.ts'
import { createPartMemory, PART_BYTES, type PartMemory } from './part-memory.ts'
import { abandonOthers, abandonUpload, type Upload } from './s3-abandon.ts'
import type { S3Bucket } from './s3-bucket.ts'
import { untilAborted } from './until-aborted.ts'

/** What S3 is told of an object besides its bytes. */
export type S3Description = Pick<PutObjectCommandInput, 'Bucket' | 'Key' | 'ContentType' | 'Metadata' | 'ACL'>
export type Uploaded = { etag: string; sizeBytes: number }
/** `bytes` are the beginning of `memory`. */
type Part = { number: number; bytes: Buffer; memory: Buffer; isLast: boolean }
/** The memory of parts that were sent comes back, to be filled again. */
type Source = { parts: AsyncIterable<Part>; memory: PartMemory; stopReading: () => void }

/** Rejects with what the body throws as it is, else ObjectError. The etag is as S3 spells it, in quotes. */
export async function uploadBody(
  bucket: S3Bucket,
  object: NewObject & { description: S3Description },
  signal: AbortSignal,
): Promise<Uploaded> {
  const failed = new AbortController()
  const memory = createPartMemory()
  const parts = inParts(untilAborted(bucket, object, AbortSignal.any([signal, failed.signal])), memory)
  try {
    const { value: first } = await parts.next()
    if (first === undefined) throw new Error(`putting ${object.key}: a body without an end`)
    if (first.isLast) return await putWhole(bucket, object, first.bytes, signal)
    const source = { parts: startingWith(first, parts), memory, stopReading: () => failed.abort() }
    return await putInParts(bucket, object, source, signal)
  } finally {
    await parts.return(undefined) // whatever failed, the source learns that nobody reads on
    memory.close()
  }
}

async function putWhole(
  bucket: S3Bucket,
  { key, description }: { key: string; description: S3Description },
  bytes: Buffer,
  signal: AbortSignal,
): Promise<Uploaded> {
  const command = new PutObjectCommand({ ...description, Body: bytes })
  const call = { doing: `putting ${key}, ${bytes.length} bytes`, sizeBytes: bytes.length }
  const { ETag = '' } = await bucket.within({ ...call, request: options => bucket.client.send(command, options) }, signal)
  return { etag: ETag, sizeBytes: bytes.length }
}

async function putInParts(
  bucket: S3Bucket,
  { key, description }: { key: string; description: S3Description },
  source: Source,
  signal: AbortSignal,
): Promise<Uploaded> {
  const upload = await begin(bucket, description, signal)
  try {
    const sent = await sendParts(bucket, upload, source, signal)
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent.parts } })
    const doing = `completing ${key}, ${sent.parts.length} parts`
    const { ETag = '' } = await bucket.within(
      { doing, slow: true, request: options => bucket.client.send(complete, options) },
      signal,
    )
    return { etag: ETag, sizeBytes: sent.sizeBytes }
  } catch (error) {
    await abandonUpload(bucket, upload)
    throw error
  }
}

/** The answer to a try before may have been lost: what that one began, nobody knows the id of, and it would stay for good. */
async function begin(bucket: S3Bucket, description: S3Description, signal: AbortSignal): Promise<Upload> {
  const create = new CreateMultipartUploadCommand(description)
  const { UploadId, $metadata } = await bucket.within(
    { doing: `beginning to put ${description.Key} in parts`, request: options => bucket.client.send(create, options) },
    signal,
  )
  const upload = { Bucket: description.Bucket, Key: description.Key, UploadId }
  if (($metadata.attempts ?? 1) > 1) await abandonOthers(bucket, upload)
  return upload
}

/** Settles when no part is in flight any more, so that none arrives after its upload was abandoned. */
async function sendParts(
  bucket: S3Bucket,
  upload: Upload,
  { parts, memory, stopReading }: Source,
  signal: AbortSignal,
): Promise<{ parts: CompletedPart[]; sizeBytes: number }> {
  const sent: CompletedPart[] = []
  const failures: unknown[] = []
  const inFlight = new Set<Promise<void>>()
  let sizeBytes = 0
  const fail = (error: unknown) => {
    failures.push(error)
    stopReading()
  }
  const send = async ({ number, bytes }: Part) => {
    const command = new UploadPartCommand({ ...upload, PartNumber: number, Body: bytes })
    const call = { doing: `putting part ${number} of ${upload.Key}`, sizeBytes: bytes.length }
    const { ETag } = await bucket.within({ ...call, request: options => bucket.client.send(command, options) }, signal)
    sent.push({ PartNumber: number, ETag })
    sizeBytes += bytes.length
  }
  try {
    for await (const part of parts) {
      const sending = send(part)
        .catch(fail)
        .finally(() => {
          inFlight.delete(sending)
          memory.giveBack(part.memory) // also after a failure: the next part may wait for it
        })
      inFlight.add(sending)
    }
  } catch (error) {
    fail(error) // after a part's failure this is only its echo: reading was stopped
  }
  await Promise.all(inFlight)
  if (failures.length > 0) throw failures[0]
  return { parts: sent.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)), sizeBytes }
}

/** At least one, possibly empty; all but the last have PART_BYTES. */
async function* inParts(body: AsyncIterable<Uint8Array>, memory: PartMemory): AsyncGenerator<Part, undefined, undefined> {
  let number = 1
  let part = await memory.take()
  let filledBytes = 0
  for await (const chunk of body) {
    for (let takenBytes = 0; takenBytes < chunk.length; ) {
      if (filledBytes === PART_BYTES) {
        yield { number, bytes: part, memory: part, isLast: false }
        number += 1
        part = await memory.take()
        filledBytes = 0
      }
      if (filledBytes === part.length) part = memory.grow(part)
      const piece = chunk.subarray(takenBytes, takenBytes + part.length - filledBytes)
      part.set(piece, filledBytes)
      filledBytes += piece.length
      takenBytes += piece.length
    }
  }
  yield { number, bytes: part.subarray(0, filledBytes), memory: part, isLast: true }
}

async function* startingWith(first: Part, rest: AsyncIterable<Part>): AsyncGenerator<Part, void, undefined> {
  yield first
  yield* rest
}
