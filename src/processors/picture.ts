// An image's dimensions as people see them and its small JPEG: turned as EXIF says, first frame, white behind transparency, never enlarged.
import pLimit from 'p-limit'
import sharp from 'sharp'

export type PictureOptions = { thumbnailPixels: number; thumbnailQuality: number; thumbnailMaxPixels: number }
export type Picture = {
  /** Pixels; null where the file's head does not say. */
  width: number | null
  height: number | null
  /** null: none could be made, because of `problem`. */
  thumbnail: Buffer | null
  problem: unknown
}

/** Decoded pictures are large: few at once, each for a bounded time. */
const atOnce = pLimit(2)
const MAX_SECONDS = 20
sharp.cache(false)

const pictureTypes: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/tiff',
  'image/avif',
  'image/heic',
  'image/heif',
])
export const isPicture = (kind: string, mimetype: string): boolean =>
  (kind === 'image' || kind === 'sticker') && pictureTypes.has(mimetype)

/** Rejects only what `load` rejects: a picture that cannot be read has neither dimensions nor thumbnail. Few are loaded at once. */
export function readPicture(load: () => Promise<Uint8Array>, options: PictureOptions): Promise<Picture> {
  return atOnce(async () => {
    const bytes = await load()
    const size: Pick<Picture, 'width' | 'height'> = { width: null, height: null }
    try {
      // Reads the head only: a bomb still tells its size.
      const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata()
      size.width = autoOrient.width
      size.height = autoOrient.height
      return { ...size, thumbnail: await makeThumbnail(bytes, options), problem: null }
    } catch (problem) {
      return { ...size, thumbnail: null, problem }
    }
  })
}

const makeThumbnail = (bytes: Uint8Array, options: PictureOptions): Promise<Buffer> =>
  sharp(bytes, { limitInputPixels: options.thumbnailMaxPixels, failOn: 'error', pages: 1, sequentialRead: true })
    .timeout({ seconds: MAX_SECONDS })
    .autoOrient()
    .resize({ width: options.thumbnailPixels, height: options.thumbnailPixels, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: options.thumbnailQuality })
    .toBuffer()
