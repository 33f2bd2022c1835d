// One file per object: its bytes, then one block that holds type, metadata and etag. One rename publishes both, so no reader sees a mismatch.
import type { Stats } from 'node:fs'
import { ObjectError, type ObjectHead } from './objects.ts'

/** Fixed, so that an object's size follows from its file's size. */
export const HEAD_BYTES = 4096

/** As S3 has it: names and values together. */
const MAX_METADATA_BYTES = 2048
const MAX_CONTENT_TYPE_BYTES = 255
const MAGIC = 'zaplog object 1\n'

export type FileHead = Pick<ObjectHead, 'contentType' | 'metadata' | 'etag'>

/** Throws ObjectError `refused`: what S3 would refuse, this store refuses too. */
export function checkDescription(key: string, of: Pick<ObjectHead, 'contentType' | 'metadata'>): void {
  const refuse = (expected: string) => new ObjectError('refused', `describing ${key}: expected ${expected}`)
  if (!/^[\x20-\x7e]+$/.test(of.contentType) || of.contentType.length > MAX_CONTENT_TYPE_BYTES)
    throw refuse(`a content type of 1 to ${MAX_CONTENT_TYPE_BYTES} printable characters`)
  let sizeBytes = 0
  for (const [name, value] of Object.entries(of.metadata)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw refuse(`metadata names in snake_case, got ${JSON.stringify(name)}`)
    if (/\p{Cc}/u.test(value) || !value.isWellFormed()) throw refuse(`no control characters in the metadata ${name}`)
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (sizeBytes > MAX_METADATA_BYTES) throw refuse(`at most ${MAX_METADATA_BYTES} bytes of metadata, got ${sizeBytes}`)
}

/** Throws ObjectError `refused` where quotes and backslashes blow it up beyond the block. */
export function encodeHead(head: FileHead): Buffer {
  const block = Buffer.alloc(HEAD_BYTES + MAX_METADATA_BYTES, ' ')
  const sizeBytes = block.write(MAGIC + JSON.stringify(head))
  if (sizeBytes <= HEAD_BYTES) return block.subarray(0, HEAD_BYTES)
  throw new ObjectError('refused', `describing an object: expected at most ${HEAD_BYTES} bytes, got ${sizeBytes}`)
}

export function decodeHead(path: string, block: Buffer): FileHead {
  if (block.length !== HEAD_BYTES || block.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new ObjectError('misconfigured', `reading ${path}: expected an object's file, got something else`)
  return JSON.parse(block.toString('utf8', MAGIC.length)) as FileHead
}

export const toObjectHead = (key: string, stats: Stats, head: FileHead): ObjectHead => ({
  key,
  sizeBytes: stats.size - HEAD_BYTES,
  contentType: head.contentType,
  metadata: head.metadata,
  etag: head.etag,
  modifiedAt: Math.floor(stats.mtimeMs),
})
