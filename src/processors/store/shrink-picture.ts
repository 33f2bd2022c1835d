// A picture that is too many bytes as a JPEG that is not: by quality, step by step, and where that is not enough by size.
import sharp, { type Sharp } from 'sharp'

export type Smaller = { bytes: Uint8Array; width: number; height: number }
type Limits = { fitBytes: number; maxPixels: number; maxSeconds: number }

const qualities = [85, 75, 65, 55, 45, 35, 25]
const SCALED_QUALITY = 70

/** Turned as EXIF says, first frame, white behind transparency. null: none came out smaller. Throws what the decoder does. */
export async function shrinkPicture(bytes: Uint8Array, limits: Limits): Promise<Smaller | null> {
  const opened = () => open(bytes, limits)
  for (const quality of qualities) {
    const made = await encode(opened(), quality)
    if (made.bytes.length <= limits.fitBytes) return made
  }
  const { autoOrient } = await sharp(bytes).metadata()
  const width = Math.max(1, Math.round(autoOrient.width * Math.sqrt(limits.fitBytes / bytes.length)))
  const scaled = await encode(opened().resize({ width }), SCALED_QUALITY)
  return scaled.bytes.length < bytes.length ? scaled : null
}

/** The pixels that are decoded may be others than those the head spoke of. */
const open = (bytes: Uint8Array, { maxPixels, maxSeconds }: Limits): Sharp =>
  sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', pages: 1, sequentialRead: true })
    .timeout({ seconds: maxSeconds })
    .autoOrient()
    .flatten({ background: '#ffffff' })

async function encode(picture: Sharp, quality: number): Promise<Smaller> {
  const { data, info } = await picture.jpeg({ quality }).toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}
