// Files to send are prepared: what their bytes are is what is sent, whatever was said of them.
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from '../../simulator/media/sample-media.ts'
import { isReadyKeyOf } from '../../src/instances/uploads.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  ask,
  bytesOf,
  KiB,
  leftOf,
  noise,
  openUploadsWorld,
  prepared,
  type Said,
  settled,
  start,
  told,
  type UploadsWorld,
} from '../ground/processors/uploads-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
let world: UploadsWorld

beforeAll(async () => {
  world = await openUploadsWorld('uploads', logger)
  start(world)
})

afterAll(() => world.close())

describe('what is sent', () => {
  test('[C13] is what stays: what it was made of goes', async () => {
    const row = await prepared(world, await sampleJpeg(), { mimetype: 'image/jpeg' })
    await until('its client’s bytes to be gone', async () => (await leftOf(world, row)).length === 1)
    expect(await leftOf(world, row)).toEqual([row.file?.objectKey])
    const keys = [row.incomingKey, row.file?.objectKey ?? '', `prefix/${row.file?.objectKey}`]
    const of = (instanceId: string) => keys.map(key => isReadyKeyOf({ instanceId }, key))
    expect(of(row.instanceId)).toEqual([false, true, true])
    expect(of('another')).toEqual([false, false, false])
  })

  test('[C13] of a photo: the same bytes, its hash, its size as people see it, and a thumbnail', async () => {
    const photo = await sampleJpeg({ width: 640, height: 480 })
    const { file, state } = await prepared(world, photo, { mimetype: 'image/jpeg', fileName: 'praia.jpg' })
    expect(state).toBe('ready')
    expect(file).toMatchObject({
      mimetype: 'image/jpeg',
      sizeBytes: photo.length,
      width: 640,
      height: 480,
      fileName: 'praia.jpg',
    })
    expect(file?.sha256).toBe(createHash('sha256').update(photo).digest('hex'))
    expect(await bytesOf(world, file?.objectKey ?? '')).toEqual(photo)
    expect(await sharp(file?.thumbnail ?? Buffer.of()).metadata()).toMatchObject({ format: 'jpeg', width: 200, height: 150 })
  })

  test.each<[string, () => Buffer | Promise<Buffer>, Said, object]>([
    [
      'a voice note',
      () => sampleVoice({ seconds: 3 }),
      { kind: 'voice', mimetype: 'audio/ogg; codecs=opus' },
      { mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3 },
    ],
    [
      'a video',
      () => sampleMp4({ seconds: 2 }),
      { kind: 'video', mimetype: 'video/mp4' },
      { mimetype: 'video/mp4', durationSeconds: 2 },
    ],
    [
      'a document',
      () => samplePdf(),
      { kind: 'document', mimetype: 'application/pdf' },
      { mimetype: 'application/pdf', thumbnail: null },
    ],
    [
      'a sticker',
      () => sampleWebp(),
      { kind: 'sticker', mimetype: 'image/webp' },
      { mimetype: 'image/webp', width: 128, height: 128 },
    ],
    [
      'bytes',
      () => Buffer.from('any bytes'),
      { kind: 'document', mimetype: 'application/octet-stream' },
      { durationSeconds: null },
    ],
    ['a page', () => Buffer.from('<p>hi'), { kind: 'document', mimetype: 'text/html' }, { mimetype: 'text/html' }],
  ])('[C13] of %s: its type by its bytes, and what they say of it', async (_what, make, said, expected) => {
    const bytes = await make()
    const { file, reasonText } = await prepared(world, bytes, said)
    expect(reasonText).toBeNull()
    expect(file).toMatchObject({ sizeBytes: bytes.length, ...expected })
  })
})

describe('a picture of too many bytes', () => {
  test('[C13] becomes a JPEG of the first quality that fits, with the same dimensions', async () => {
    const photo = await noise(300).jpeg({ quality: 98 }).toBuffer()
    const { file } = await prepared(world, photo, { mimetype: 'image/jpeg' })
    const sizes = await Promise.all(
      [85, 75, 65, 55, 45, 35, 25].map(
        async quality => (await sharp(photo).flatten({ background: '#fff' }).jpeg({ quality }).toBuffer()).length,
      ),
    )
    const first = sizes.find(size => size <= 64 * KiB)
    expect(photo.length).toBeGreaterThan(64 * KiB)
    expect(file).toMatchObject({ mimetype: 'image/jpeg', sizeBytes: first, width: 300, height: 300 })
    expect((await bytesOf(world, file?.objectKey ?? '')).length).toBe(first)
    expect(
      createHash('sha256')
        .update(await bytesOf(world, file?.objectKey ?? ''))
        .digest('hex'),
    ).toBe(file?.sha256)
  })

  test('[C13] that fits at no quality is scaled by the root of how much it is too large', async () => {
    const photo = await noise(800).png().toBuffer()
    const { file } = await prepared(world, photo, { mimetype: 'image/png' })
    const side = Math.round(800 * Math.sqrt((64 * KiB) / photo.length))
    expect(file).toMatchObject({ mimetype: 'image/jpeg', width: side, height: side })
  })

  test('[C13] is sent as it is as a document', async () => {
    const photo = await noise(300).png().toBuffer()
    expect((await prepared(world, photo, { kind: 'document', mimetype: 'image/png' })).file).toMatchObject({
      mimetype: 'image/png',
      sizeBytes: photo.length,
    })
  })

  test('[C13] [C4] and of which no decoder makes anything is sent as it is', async () => {
    const broken = Buffer.concat([(await noise(300).jpeg({ quality: 98 }).toBuffer()).subarray(0, 70 * KiB)])
    const { state, file } = await prepared(world, broken, { mimetype: 'image/jpeg' })
    expect([state, file?.sizeBytes, file?.thumbnail]).toEqual(['ready', broken.length, null])
  })
})

describe('a file that is not what was said', () => {
  test.each<[string, () => Buffer | Promise<Buffer>, Said, string]>([
    ['another type', () => samplePdf(), { mimetype: 'image/jpeg' }, 'type-mismatch'],
    [
      'a program as a document',
      () => Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(500)]),
      { kind: 'document', mimetype: 'application/pdf' },
      'type-mismatch',
    ],
    ['a page as a photo', () => Buffer.from('<html><script>'), { mimetype: 'image/png' }, 'type-mismatch'],
    ['a kind that takes no such type', () => samplePdf(), { kind: 'image' }, 'type-not-allowed'],
    ['fewer bytes than announced', () => sampleJpeg(), { mimetype: 'image/jpeg', sizeBytes: 1_000_000 }, 'truncated'],
    [
      'more bytes than its kind may have',
      async () => Buffer.concat([await sampleMp4(), Buffer.alloc(600 * KiB)]),
      { kind: 'video', mimetype: 'video/mp4' },
      'too-large',
    ],
    ['no byte', () => Buffer.of(), { mimetype: 'image/jpeg' }, 'empty'],
    [
      'other audio as a voice note',
      () => Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('\x01vorbis'), Buffer.alloc(100)]),
      { kind: 'voice', mimetype: 'audio/ogg' },
      'not-convertible',
    ],
  ])('[C13] %s fails once, in words, and is told', async (_what, make, said, reason) => {
    const bytes = await make()
    const { state, uploadId, ...failed } = await prepared(world, bytes, said)
    expect([state, failed.reason, failed.file]).toEqual(['failed', reason, null])
    expect(failed.reasonText).toMatch(/expected/)
    await until('it to be told', async () => (await told(world, uploadId)).length > 0)
    expect(await told(world, uploadId)).toMatchObject([{ reason, kind: failed.kind, instanceId: 'shop' }])
    await until('its bytes to be gone', async () => (await leftOf(world, { uploadId, state, ...failed })).length === 0)
  })
})

test('[C13] a file that is in the store already is kept once more under its own key', async () => {
  const photo = await sampleJpeg()
  const first = await prepared(world, photo, { mimetype: 'image/jpeg' })
  const second = await settled(world, await ask(world, { source: { from: 'object', objectKey: first.file?.objectKey ?? '' } }))
  expect(second.file).toMatchObject({ sizeBytes: photo.length, sha256: first.file?.sha256 })
  expect(second.file?.objectKey).not.toBe(first.file?.objectKey)
  expect(await settled(world, await ask(world, { source: { from: 'object', objectKey: 'shop/none' } }))).toMatchObject({
    reason: 'gone',
  })
})
