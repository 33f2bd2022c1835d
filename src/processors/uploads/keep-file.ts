// The bytes that were judged, whole, under a key of their own: what is sent is what was looked at, whatever is put to the first key meanwhile.

import { createHash } from 'node:crypto'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { maxUploadBytes, type UploadLimits } from '../../instances/upload-kinds.ts'
import type { UploadRow } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { END_BYTES } from './durations.ts'
import { UploadError } from './upload-error.ts'

export type KeptFile = {
  objectKey: string
  mimetype: string
  sizeBytes: number
  sha256: string
  /** Up to 128 KiB of either end. */
  ends: { head: Buffer; tail: Buffer }
}
type Given = {
  row: UploadRow
  objectKey: string
  kind: FileKind
  mimetype: string
  body: AsyncIterable<Uint8Array>
  /** null: nobody said. */
  announcedBytes: number | null
}

/** Throws UploadError `too-large`, `truncated` or `empty`, ObjectError, and what the body throws. */
export async function keepFile(
  { objects, limits }: { objects: Pick<ObjectStore, 'put'>; limits: UploadLimits },
  { row, objectKey, kind, mimetype, body, announcedBytes }: Given,
  signal: AbortSignal,
): Promise<KeptFile> {
  const hash = createHash('sha256')
  const seen = createEnds()
  const maxBytes = maxUploadBytes(limits, kind)
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      hash.update(chunk)
      seen.take(chunk)
      if (seen.sizeBytes() > maxBytes)
        throw new UploadError('too-large', `expected at most ${maxBytes} bytes for ${kind}, got more`)
      yield chunk
    }
    const got = seen.sizeBytes()
    if (got === 0) throw new UploadError('empty', 'expected a file, got no byte')
    if (announcedBytes !== null && got !== announcedBytes)
      throw new UploadError('truncated', `expected ${announcedBytes} bytes as announced, got ${got}`)
  }
  const metadata = { instance_id: row.instanceId, upload_id: row.uploadId }
  const { sizeBytes } = await objects.put({ key: objectKey, body: counted(), contentType: mimetype, metadata }, signal)
  return { objectKey, mimetype, sizeBytes, sha256: hash.digest('hex'), ends: seen.ends() }
}

function createEnds() {
  const head: Buffer[] = []
  const tail: Buffer[] = []
  const size = { all: 0, head: 0, tail: 0 }
  return {
    take(chunk: Uint8Array) {
      const own = Buffer.from(chunk)
      if (size.head < END_BYTES) {
        head.push(own)
        size.head += own.length
      }
      tail.push(own)
      size.tail += own.length
      while (size.tail - (tail[0]?.length ?? 0) >= END_BYTES) size.tail -= tail.shift()?.length ?? 0
      size.all += own.length
    },
    sizeBytes: () => size.all,
    ends: () => ({ head: Buffer.concat(head), tail: Buffer.concat(tail) }),
  }
}
