// An image's dimensions, and its thumbnail beside it; a thumbnail that cannot be had never costs the picture.
import { ObjectError, type ObjectStore, type PutObject } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { aboutFile, metadataOf } from '../media-file.ts'
import type { DownloadedFile } from './downloaded-file.ts'
import type { FinalCopy } from './final-copy.ts'
import { thumbnailKey } from './final-key.ts'
import { isPicture } from './picture-types.ts'
import type { Pictures } from './pictures.ts'
import type { StoreMetrics } from './store-metrics.ts'
import { only, readWhole } from './whole-object.ts'

export type PictureDeps = { objects: ObjectStore; pictures: Pictures; metrics: StoreMetrics; logger: Logger }
export type PictureFacts = { width: number | null; height: number | null; thumbnailKey: string | null }
/** A file at its final key. */
type Kept = { file: DownloadedFile; head: PutObject }

/** null: it is no picture. What an earlier try made is taken as it is. */
export async function pictureFacts(
  deps: PictureDeps,
  { file, head, isNew }: { file: DownloadedFile } & FinalCopy,
  signal: AbortSignal,
): Promise<PictureFacts | null> {
  if (!isPicture(file.fields.kind, head.contentType)) return null
  const kept = { file, head }
  return (isNew ? null : await findPicture(deps, kept, signal)) ?? (await makePicture(deps, kept, signal))
}

/** What an earlier try left of the same file. 0.1.0 wrote it to the file itself, now it is with the thumbnail; null: nowhere. */
async function findPicture({ objects }: PictureDeps, { file, head }: Kept, signal: AbortSignal): Promise<PictureFacts | null> {
  const key = thumbnailKey(head.key)
  if (head.metadata.thumbnail !== undefined) return { ...dimensionsIn(head), thumbnailKey: key }
  const thumbnail = await objects.head(key, signal)
  return thumbnail?.metadata.sha256 === file.event.sha256 ? { ...dimensionsIn(thumbnail), thumbnailKey: key } : null
}

async function makePicture(deps: PictureDeps, kept: Kept, signal: AbortSignal): Promise<PictureFacts> {
  const { file, head } = kept
  const { instanceId } = file.event
  const load = () => readWhole(deps.objects, head.key, signal)
  const { width, height, thumbnail, problem: unread } = await deps.pictures.read({ instanceId, load }, signal)
  const problem = thumbnail === null ? unread : await putThumbnail(deps, { ...kept, thumbnail, width, height }, signal)
  if (problem !== null) {
    deps.metrics.thumbnailFailures.inc()
    deps.logger.warn('media.thumbnail-failed', { ...aboutFile(file), error: problem })
  }
  return { width, height, thumbnailKey: problem === null ? thumbnailKey(head.key) : null }
}

type NewThumbnail = Kept & { thumbnail: Uint8Array } & Pick<PictureFacts, 'width' | 'height'>

/** Answers why it was refused, or null; an outage is thrown. */
async function putThumbnail(
  { objects }: PictureDeps,
  { file, head, thumbnail, width, height }: NewThumbnail,
  signal: AbortSignal,
): Promise<unknown> {
  const metadata = {
    ...metadataOf(file),
    media_type: 'thumbnail',
    // Of the picture that it shows: a later try finds them here.
    sha256: file.event.sha256,
    ...(width !== null && { width: String(width) }),
    ...(height !== null && { height: String(height) }),
  }
  try {
    const key = thumbnailKey(head.key)
    await objects.put({ key, body: only(thumbnail), contentType: 'image/jpeg', metadata }, signal)
    return null
  } catch (error) {
    if (error instanceof ObjectError && error.code === 'refused') return error
    throw error
  }
}

const dimensionsIn = ({ metadata: { width, height } }: PutObject) => ({
  width: width === undefined ? null : Number(width),
  height: height === undefined ? null : Number(height),
})
