// An image's dimensions as people see them and its small JPEG: turned as EXIF says, first frame, white behind transparency, never enlarged.
// Runs in a process of its own (picture-process.ts): what decoding costs is what the sender chose.
import sharp from 'sharp'
import { type Smaller, shrinkPicture } from './shrink-picture.ts'

export type PictureOptions = {
  thumbnailPixels: number
  thumbnailQuality: number
  thumbnailMaxPixels: number
  /** One that has more bytes is made smaller, too [none is]. */
  fitBytes?: number | null
}
export type Picture = {
  /** Pixels; null where the file's head does not say. */
  width: number | null
  height: number | null
  /** null: none could be made, because of `problem`. */
  thumbnail: Uint8Array | null
  /** A JPEG of few enough bytes; null: none was asked for, or could be made. */
  smaller: Smaller | null
  problem: string | null
}

/** With `pages: 1` and few pixels; larger ones would run for longer than anybody waits. */
const MAX_SECONDS = 10
sharp.cache(false)
sharp.concurrency(1)

/**
 * By the decoder that takes the bytes, whatever they were called: how many times as much memory a pixel costs as in a JPEG, measured in
 * pictures of one colour. A decoder that is not listed is not used.
 */
const costs: Readonly<Record<string, number>> = { jpeg: 1, png: 1, webp: 1, tiff: 1, gif: 2, heif: 10 }

/** Never rejects: a picture that cannot be read has neither dimensions nor thumbnail. */
export async function readPicture(bytes: Uint8Array, options: PictureOptions): Promise<Picture> {
  const size: Omit<Picture, 'problem'> = { width: null, height: null, thumbnail: null, smaller: null }
  try {
    // Reads the head only: a bomb still tells its size.
    const { autoOrient, format } = await sharp(bytes, { limitInputPixels: false }).metadata()
    size.width = autoOrient.width
    size.height = autoOrient.height
    const cost = costs[format]
    if (cost === undefined) throw new Error(`expected a picture of ${Object.keys(costs).join(', ')}, got ${format}`)
    const maxPixels = Math.floor(options.thumbnailMaxPixels / cost)
    if (size.width * size.height > maxPixels)
      throw new Error(`expected at most ${maxPixels} pixels of ${format}, got ${size.width} x ${size.height}`)
    size.thumbnail = await makeThumbnail(bytes, { ...options, maxPixels })
    if (options.fitBytes != null)
      size.smaller = await shrinkPicture(bytes, { fitBytes: options.fitBytes, maxPixels, maxSeconds: MAX_SECONDS })
    return { ...size, problem: null }
  } catch (problem) {
    return { ...size, problem: String(problem) }
  }
}

/** The limit again: the pixels that are decoded may be others than those the head spoke of. */
const makeThumbnail = (bytes: Uint8Array, options: PictureOptions & { maxPixels: number }): Promise<Uint8Array> =>
  sharp(bytes, { limitInputPixels: options.maxPixels, failOn: 'error', pages: 1, sequentialRead: true })
    .timeout({ seconds: MAX_SECONDS })
    .autoOrient()
    .resize({ width: options.thumbnailPixels, height: options.thumbnailPixels, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: options.thumbnailQuality })
    .toBuffer()
