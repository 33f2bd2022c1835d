// A file's final copy is of its own and under a key that follows from its event; what is there already is not written again.
import { isReadyKeyOf } from '../../instances/uploads.ts'
import type { ObjectHead, ObjectStore, PutObject } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import { MediaError } from '../media-error.ts'
import { metadataOf } from '../media-file.ts'
import { maxBytesOf } from '../size-limits.ts'
import { SNIFFED_BYTES, sniffType } from '../sniff-type.ts'
import { sha256Of } from '../true-hash.ts'
import { type DownloadedFile, placeOf } from './downloaded-file.ts'
import { finalKey, finalPrefix, isThumbnailKey } from './final-key.ts'

export type FinalCopyDeps = { objects: ObjectStore; config: Config['media'] }
/** `isNew`: it was not there already. */
export type FinalCopy = { head: PutObject; isNew: boolean }

/** null: its bytes are nowhere any more. The incoming object may have expired long after its file was stored. */
export const finalCopy = async (deps: FinalCopyDeps, file: DownloadedFile, signal: AbortSignal): Promise<FinalCopy | null> =>
  (await copyIncoming(deps, file, signal)) ?? (await findStored(deps, file, signal))

/** null: the incoming object is not there any more. */
async function copyIncoming(
  { objects, config }: FinalCopyDeps,
  file: DownloadedFile,
  signal: AbortSignal,
): Promise<FinalCopy | null> {
  const { incomingKey, sha256 } = file.event
  const incoming = await objects.get({ key: incomingKey, fromByte: 0, toByte: SNIFFED_BYTES - 1 }, signal)
  if (incoming === null) return null
  const head = Buffer.concat(await Array.fromAsync(incoming.body))
  // What zaplog sent was within its own limits, and is never written again under its key.
  const isSent = isReadyKeyOf(file.event, incomingKey)
  if (!isSent) checkSize(config, file, incoming.head.sizeBytes)
  if (!isSent && (await sha256Of(objects, incoming.head, signal)) !== sha256) return null

  const type = await sniffType(head, file.fields.mimetype ?? null)
  const key = objects.newKey(finalKey({ ...placeOf(file), extension: type.extension }))
  const known = await objects.head(key, signal)
  if (known !== null && (await isSame(objects, { file, head: known }, signal))) return { head: known, isNew: false }
  const metadata = { ...metadataOf(file), sha256 }
  const copied = await objects.copy({ fromKey: incomingKey, toKey: key, contentType: type.mimetype, metadata }, signal)
  return copied && { head: { ...copied, sizeBytes: incoming.head.sizeBytes }, isNew: true }
}

function checkSize(config: Config['media'], { fields }: DownloadedFile, sizeBytes: number): void {
  const maxBytes = maxBytesOf(config, fields.kind)
  if (sizeBytes > maxBytes)
    throw new MediaError('too-large', `storing a ${fields.kind}: expected at most ${maxBytes} bytes, got ${sizeBytes}`)
}

async function isSame(
  objects: ObjectStore,
  { file: { event }, head }: { file: DownloadedFile; head: ObjectHead },
  signal: AbortSignal,
): Promise<boolean> {
  return head.sizeBytes === event.sizeBytes && (await sha256Of(objects, head, signal)) === event.sha256
}

async function findStored({ objects }: FinalCopyDeps, file: DownloadedFile, signal: AbortSignal): Promise<FinalCopy | null> {
  for await (const { key } of objects.list(objects.newKey(finalPrefix(placeOf(file))), signal)) {
    const head = isThumbnailKey(key) ? null : await objects.head(key, signal)
    if (head !== null && (await isSame(objects, { file, head }, signal))) return { head, isNew: false }
  }
  return null
}
