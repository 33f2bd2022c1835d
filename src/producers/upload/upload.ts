// Files are brought to WhatsApp before the message that names them is built: as it is kept beside the upload, or anew, a few at once in the whole
// process, each instance in its turn. A death in the middle uploads again at worst.

import { z } from 'zod'
import type { FileToSend, MediaReference } from '../../convert/outgoing/write-file.ts'
import type { Database } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import type { ReadyFile } from '../../instances/uploads.ts'
import { findUploadToSend, keepReference } from '../../instances/uploads-sent.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { AT_ONCE, createFairTurns } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import { createLru } from '../../runtime/lru.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'
import type { MediaConnection } from './media-connection.ts'
import { type PostDeps, postFile, unreadOf } from './post-file.ts'
import { createPostStream, type UploadTimes } from './post-stream.ts'
import { anotherFile, FileLost, type Sealing, sealingOf } from './seal-file.ts'

/**
 * preparing: role processors have it in hand. busy: as many files as may are on their way; `until` resolves when that may have changed.
 * failed: nobody can send it, in words. refused: WhatsApp's servers take it from nobody. away: they, or the store, do not answer well for now;
 * `tries`: how often they did not in a row, for this command.
 */
export type Brought =
  | { is: 'file'; file: FileToSend }
  | { is: 'preparing' }
  | { is: 'busy'; until: Promise<unknown> }
  | { is: 'failed'; reasonText: string }
  | { is: 'refused'; status: number }
  | { is: 'away'; tries: number; status: number | null }

export type FileUploads = {
  /** Rejects with the signal's reason, or where the database does not answer. */
  bring(of: Wanted, signal: AbortSignal): Promise<Brought>
}
export type Wanted = { instanceId: string; commandId: string; uploadId: string; kind: FileKind; connection: MediaConnection }
export type UploadDeps = {
  database: Database
  objects: Pick<ObjectStore, 'get'>
  sealer: Sealer
  /** Takes the place of WhatsApp's hosts; null: nothing does. */
  cdnUrl: string | null
  times: UploadTimes
  clock: () => number
  logger: Logger
}

type Came = Exclude<Brought, { is: 'away' }> | { is: 'away'; isTheirs: boolean; why: string; status: number | null }

const AT_ONCE_IN_ALL = 4
const AT_ONCE_PER_INSTANCE = 2
/** Paths on WhatsApp's CDN are good for far longer. */
const REFERENCE_MS = 86_400_000
/** Of commands that are tried again; lost with the process. */
const MAX_FAILING = 10_000

export function createFileUploads(deps: UploadDeps): FileUploads {
  const turns = createFairTurns({ total: AT_ONCE_IN_ALL, perKey: AT_ONCE_PER_INSTANCE })
  const post = createPostStream(deps.times)
  /** Those that are on their way; another message with the same file waits for it. */
  const inHand = new Map<string, Promise<unknown>>()
  /** Of each instance that waits, once for all its commands. */
  const turnsAwaited = new Map<string, Promise<void>>()
  const failing = createLru<number>(MAX_FAILING)

  async function bring(wanted: Wanted, signal: AbortSignal): Promise<Brought> {
    const { instanceId, uploadId } = wanted
    const found = await findUploadToSend(deps.database, { instanceId, uploadId, referenceMs: REFERENCE_MS })
    if (found.is !== 'ready') return found
    const reference = found.reference === null ? null : openReference(deps, uploadId, found.reference)
    if (reference !== null) return { is: 'file', file: fileOf(found.file, reference) }
    const turn = await turns.take({ key: instanceId, patience: AT_ONCE }, signal)
    if (typeof turn === 'string') return { is: 'busy', until: nextTurn(instanceId, signal) }
    const another = inHand.get(uploadId)
    if (another !== undefined) {
      turn.release()
      return { is: 'busy', until: another }
    }
    const uploading = upload({ ...deps, post }, { ...wanted, file: found.file }, signal).finally(turn.release)
    inHand.set(
      uploadId,
      uploading.catch(() => null),
    )
    return counted(wanted, await uploading.finally(() => inHand.delete(uploadId)))
  }

  function counted({ commandId }: Wanted, came: Came): Brought {
    if (came.is !== 'away') failing.delete(commandId)
    if (came.is !== 'away') return came
    const tries = (failing.get(commandId) ?? 0) + (came.isTheirs ? 1 : 0)
    failing.set(commandId, tries)
    return { is: 'away', tries, status: came.status }
  }

  function nextTurn(key: string, signal: AbortSignal): Promise<void> {
    const awaited = turnsAwaited.get(key)
    if (awaited !== undefined) return awaited
    const coming = awaitTurn(key, signal).finally(() => turnsAwaited.delete(key))
    turnsAwaited.set(key, coming)
    return coming
  }

  async function awaitTurn(key: string, signal: AbortSignal): Promise<void> {
    const turn = await turns.take({ key }, signal)
    if (typeof turn !== 'string') turn.release()
  }

  return { bring }
}

type Of = Wanted & { file: ReadyFile }

async function upload(deps: UploadDeps & PostDeps, of: Of, signal: AbortSignal): Promise<Came> {
  const { database, clock, logger } = deps
  const { instanceId, uploadId, kind, file } = of
  const beganAt = clock()
  const about = { instanceId, uploadId, kind, sizeBytes: file.sizeBytes }
  const sealing = await sealedOnce(deps, of, signal)
  if ('is' in sealing) return sealing
  const came = await postFile(deps, { ...of, sealing }, signal)
  const durationMs = clock() - beganAt
  if (came.is !== 'posted') {
    logger.info('upload.not-taken', { ...about, durationMs, ...came })
    return came
  }
  const { mediaKey, sealed } = sealing
  const reference = { ...sealed, mediaKey, sealedAt: beganAt, url: came.url, directPath: came.directPath }
  await keepReference(database, { uploadId, reference: sealReference(deps, uploadId, reference) })
  logger.info('upload.taken', { ...about, durationMs, host: came.host })
  return { is: 'file', file: fileOf(file, reference) }
}

/** The first of two passes over the stored file: what its name at WhatsApp is made of. Nothing of it stays in memory. */
async function sealedOnce(
  { objects }: Pick<UploadDeps, 'objects'>,
  { kind, file }: Of,
  signal: AbortSignal,
): Promise<Sealing | Came> {
  try {
    const sealing = await sealingOf(() => objects.get({ key: file.objectKey }, signal), kind)
    if (sealing.sealed.sha256.toString('hex') !== file.sha256) throw new FileLost(anotherFile)
    return sealing
  } catch (error) {
    signal.throwIfAborted()
    return unreadOf(error)
  }
}

const fileOf = ({ objectKey, sha256, sizeBytes, ...shown }: ReadyFile, reference: MediaReference): FileToSend => ({
  ...shown,
  reference,
})

const placeOf = (uploadId: string): string => `uploads|${uploadId}|reference`
export const sealedReferences: SealedColumn = {
  table: 'uploads',
  column: 'reference',
  key: { upload_id: 'text' },
  place: placeOf,
}

function sealReference({ sealer }: Pick<UploadDeps, 'sealer'>, uploadId: string, reference: MediaReference): Buffer {
  const { mediaKey, sha256, encSha256, ...rest } = reference
  const bytes = { mediaKey: base64(mediaKey), sha256: base64(sha256), encSha256: base64(encSha256) }
  return sealer.seal(Buffer.from(JSON.stringify({ ...rest, ...bytes })), placeOf(uploadId))
}

/** null: its key is gone, or it is of another shape: the file is brought anew. */
function openReference(
  { sealer, logger }: Pick<UploadDeps, 'sealer' | 'logger'>,
  uploadId: string,
  bytes: Buffer,
): MediaReference | null {
  try {
    return kept.parse(JSON.parse(sealer.open(bytes, placeOf(uploadId)).toString()))
  } catch (error) {
    if (!(error instanceof SealError || error instanceof z.ZodError)) throw error
    logger.warn('upload.reference-not-opened', { uploadId, error })
    return null
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64')
const buffer = z.base64().transform(text => Buffer.from(text, 'base64'))
const kept = z.object({
  url: z.string(),
  directPath: z.string(),
  mediaKey: buffer,
  sealedAt: z.number(),
  sha256: buffer,
  encSha256: buffer,
  sizeBytes: z.number(),
  isAnimated: z.boolean(),
})
