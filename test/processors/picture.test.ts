// Thumbnails as people expect them, and pictures that have none.
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { sampleMp4 } from '../../simulator/media/sample-media.ts'
import { readPicture } from '../../src/processors/store/picture.ts'
import { isPicture } from '../../src/processors/store/picture-types.ts'

const options = { thumbnailPixels: 200, thumbnailQuality: 85, thumbnailMaxPixels: 50_000_000 }
const red = { r: 255, g: 0, b: 0 }
const blue = { r: 0, g: 0, b: 255 }
const canvas = (width: number, height: number, background: object = red, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: { r: 0, g: 0, b: 0, ...background } } })

async function thumbnailOf(bytes: Buffer) {
  const picture = await readPicture(bytes, options)
  expect(picture.problem).toBeNull()
  const { data, info } = await sharp(picture.thumbnail ?? Buffer.of())
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { format } = await sharp(picture.thumbnail ?? Buffer.of()).metadata()
  return { picture, width: info.width, height: info.height, format, pixels: data }
}
const near = (pixels: Buffer, at: number, { r, g, b }: typeof red) =>
  [r, g, b].every((value, n) => Math.abs((pixels[at + n] ?? -1000) - value) < 12)

test('[C4] a thumbnail fits 200 x 200 and keeps its shape', async () => {
  const { picture, width, height, format } = await thumbnailOf(await canvas(1000, 500).png().toBuffer())
  expect({ width, height, format }).toEqual({ width: 200, height: 100, format: 'jpeg' })
  expect(picture).toMatchObject({ width: 1000, height: 500 })
})

test('[C4] a small picture is not enlarged', async () => {
  const { width, height } = await thumbnailOf(await canvas(50, 20).webp().toBuffer())
  expect({ width, height }).toEqual({ width: 50, height: 20 })
})

test('[C4] a picture is turned as EXIF says, and so are its dimensions', async () => {
  const left = await canvas(200, 200, blue).png().toBuffer()
  const jpeg = await canvas(400, 200)
    .composite([{ input: left, left: 0, top: 0 }])
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const { picture, width, height, pixels } = await thumbnailOf(jpeg)
  expect(picture).toMatchObject({ width: 200, height: 400 })
  expect({ width, height }).toEqual({ width: 100, height: 200 })
  // Turned clockwise, what was left is on top.
  expect(near(pixels, 3 * (10 * 100 + 50), blue)).toBe(true)
  expect(near(pixels, 3 * (190 * 100 + 50), red)).toBe(true)
  expect((await sharp(picture.thumbnail ?? Buffer.of()).metadata()).orientation).toBeUndefined()
})

test('[C4] transparency becomes white', async () => {
  const { pixels } = await thumbnailOf(
    await canvas(10, 10, { ...red, alpha: 0 }, 4)
      .png()
      .toBuffer(),
  )
  expect(near(pixels, 0, { r: 255, g: 255, b: 255 })).toBe(true)
})

test('[C4] of an animation the first frame is taken', async () => {
  const frames = Buffer.concat([await canvas(40, 30, red).raw().toBuffer(), await canvas(40, 30, blue).raw().toBuffer()])
  const gif = await sharp(frames, { raw: { width: 40, height: 60, channels: 3, pageHeight: 30 } })
    .gif({ delay: [100, 100] })
    .toBuffer()
  expect((await sharp(gif).metadata()).pages).toBe(2)
  const { picture, width, height, pixels } = await thumbnailOf(gif)
  expect(picture).toMatchObject({ width: 40, height: 30 })
  expect({ width, height }).toEqual({ width: 40, height: 30 })
  expect(near(pixels, 0, red)).toBe(true)
})

test('[C4] a bomb of more than 50 million pixels has dimensions and no thumbnail', async () => {
  const bomb = await canvas(10_000, 6_000).png({ compressionLevel: 9 }).toBuffer()
  expect(bomb.length).toBeLessThan(1024 * 1024)
  const picture = await readPicture(bomb, options)
  expect(picture).toMatchObject({ width: 10_000, height: 6_000, thumbnail: null })
  expect(String(picture.problem)).toBe('Error: expected at most 50000000 pixels of png, got 10000 x 6000')
})

test.each([
  ['nothing', Buffer.of()],
  ['a video', await sampleMp4()],
  ['half a picture', (await canvas(500, 500).png({ compressionLevel: 0 }).toBuffer()).subarray(0, 5000)],
])('[C4] of %s no thumbnail is made, and nothing is thrown', async (_, bytes) => {
  const picture = await readPicture(bytes, options)
  expect(picture.thumbnail).toBeNull()
  expect(picture.problem).toMatch(/Error: /)
})

test('[C4] only pictures sent as pictures get one', () => {
  expect(isPicture('image', 'image/jpeg')).toBe(true)
  expect(isPicture('sticker', 'image/webp')).toBe(true)
  expect(isPicture('document', 'image/jpeg')).toBe(false)
  expect(isPicture('image', 'image/svg+xml')).toBe(false)
})
