// store-media, record by record: final keys, true types and thumbnails, and a picture whose thumbnail will not be made is stored without.
import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { samplePdf, sampleVoice } from '../../simulator/media/sample-media.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/processors/media-world.ts'
import { bytesAt, downloaded, finalKey, keys, photo, sha256, store } from '../ground/processors/stored.ts'
import { worldForEach } from '../ground/processors/world-for-each.ts'

const logger = collectLogLines()
const world = worldForEach(logger)

test('[C4] an image gets its final key, type, metadata, dimensions and thumbnail', async () => {
  const event = await downloaded(world, photo, { width: 1, height: 1 })
  const [made] = (await store(world, event)).events
  expect(made).toMatchObject({
    type: 'media.stored',
    sourceEventId: event.sourceEventId,
    round: 1,
    kind: 'image',
    key: finalKey,
    extension: 'jpg',
    mimetype: 'image/jpeg',
    sizeBytes: photo.length,
    sha256: sha256(photo),
    sha256Matches: true,
    width: 640,
    height: 480,
    thumbnailKey: `${finalKey}_thumb.jpg`,
    fileName: '../../etc/férias.exe',
    messageId: '3EB0AA',
    occurredAt: event.occurredAt,
    sequence: event.sequence,
    recordedAt: 1_800_000_000_000,
  })
  expect(await keys(world)).toEqual([finalKey, `${finalKey}_thumb.jpg`])
  expect(await bytesAt(world, finalKey)).toEqual(photo)
  const thumbnail = await sharp((await bytesAt(world, `${finalKey}_thumb.jpg`)) ?? undefined).metadata()
  expect(thumbnail).toMatchObject({ format: 'jpeg', width: 200, height: 150 })
  expect(await world().truth.head(finalKey, never)).toMatchObject({
    contentType: 'image/jpeg',
    metadata: { instance_id: 'shop', event_id: 'a'.repeat(32), media_type: 'image', sha256: sha256(photo) },
  })
})

test('[C4] other kinds keep what the message said of them', async () => {
  const voice = await downloaded(world, sampleVoice(), { kind: 'voice', mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3 })
  expect((await store(world, voice)).events).toMatchObject([
    { mimetype: 'audio/ogg', extension: 'ogg', durationSeconds: 3, thumbnailKey: null, width: null },
  ])
  const pdf = await downloaded(world, samplePdf(), {
    kind: 'document',
    mimetype: 'application/pdf',
    pages: 1,
    sourceEventId: 'b'.repeat(32),
  })
  expect((await store(world, pdf)).events).toMatchObject([{ mimetype: 'application/pdf', extension: 'pdf', pages: 1 }])
})

test('[C4] a program called a picture is kept as bytes that nothing runs', async () => {
  const program = Buffer.concat([Buffer.from('MZ\x90\0'), randomBytes(300)])
  expect((await store(world, await downloaded(world, program))).events).toMatchObject([
    { mimetype: 'application/octet-stream', extension: 'bin', thumbnailKey: null },
  ])
})

test('[B3] [C4] a copy that came after midnight, of a message whose own time was not believed, makes no second object', async () => {
  const before = await downloaded(world, photo, { occurredAtSaid: '1798761600000' })
  const after = { ...before, occurredAt: before.occurredAt + 2_000, occurredAtSaid: '1798761600000' }
  const [first] = (await store(world, before)).events
  const [copy] = (await store(world, after)).events
  const [replayed] = (await store(world, before)).events
  expect(first).toMatchObject({ type: 'media.stored', key: finalKey, occurredAtSaid: '1798761600000' })
  expect(copy).toMatchObject({ eventId: first?.eventId, key: finalKey, thumbnailKey: `${finalKey}_thumb.jpg` })
  expect(replayed).toEqual(first)
  expect(await keys(world)).toEqual([finalKey, `${finalKey}_thumb.jpg`])
})

test('[B3] [C4] which day that is survives a crash before the first object was written, and an outage of storage', async () => {
  const before = await downloaded(world, photo, { occurredAtSaid: '' })
  world().objects.failing.set('copy', 'unreachable')
  expect((await store(world, before)).outcome).toMatchObject({ kind: 'pause' })
  world().objects.failing.clear()
  expect((await store(world, { ...before, occurredAt: before.occurredAt + 2_000 })).events).toMatchObject([{ key: finalKey }])
  const other = await downloaded(world, photo, { sourceEventId: 'b'.repeat(32), occurredAtSaid: '0' })
  world().objects.failing.set('put', 'denied')
  expect((await store(world, other)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store' })
})

test('[C4] what WhatsApp’s clock said is looked up nowhere', async () => {
  const event = await downloaded(world, photo)
  world().objects.calls.length = 0
  await store(world, event)
  expect(world().objects.calls.filter(call => call.includes('/first/'))).toEqual([])
})

test('[C2] [C4] a file is at its final key before anybody looks at its picture', async () => {
  const seen: (readonly string[])[] = []
  const without = { width: null, height: null, thumbnail: null, smaller: null, problem: 'not looked at' }
  const pictures = {
    read: async () => {
      seen.push(await keys(world))
      return without
    },
    close: async () => undefined,
  }
  const { events } = await store(world, await downloaded(world, photo, { width: 64, height: 48 }), {}, { pictures })
  expect(seen).toEqual([[finalKey]])
  expect(events, 'the message knew its size').toMatchObject([{ key: finalKey, width: 64, height: 48, thumbnailKey: null }])
})

test('[C4] a thumbnail that a crash left out is made by the next try', async () => {
  const event = await downloaded(world, photo)
  world().objects.failing.set('put', 'unreachable')
  expect((await store(world, event)).outcome).toMatchObject({ kind: 'pause' })
  expect(await keys(world)).toEqual([finalKey])
  world().objects.failing.clear()
  expect((await store(world, event)).events).toMatchObject([{ thumbnailKey: `${finalKey}_thumb.jpg`, width: 640, height: 480 }])
})

test('[C4] exactly the limit of the message’s kind passes', async () => {
  const event = await downloaded(world, photo)
  const limit = async (maxImageBytes: number) => (await store(world, event, { maxImageBytes, maxDocumentBytes: 1 })).events
  expect(await limit(photo.length - 1)).toMatchObject([{ type: 'media.failed', reason: 'too-large', retryable: false }])
  expect(await limit(photo.length)).toMatchObject([{ type: 'media.stored' }])
})

test('[C4] a picture whose thumbnail fails is stored without it, and that is logged and counted', async () => {
  const broken = photo.subarray(0, 300)
  const [made] = (await store(world, await downloaded(world, broken))).events
  expect(made).toMatchObject({ type: 'media.stored', mimetype: 'image/jpeg', thumbnailKey: null })
  expect(await keys(world)).toEqual([finalKey])
  expect(logger.lines.some(line => line.event === 'media.thumbnail-failed')).toBe(true)
  expect(await world().metrics.render()).toContain('zaplog_media_thumbnail_failures_total 1')
})

test('[C4] a thumbnail that storage refuses costs the picture nothing', async () => {
  world().objects.failing.set('put', 'refused')
  expect((await store(world, await downloaded(world, photo))).events).toMatchObject([
    { type: 'media.stored', width: 640, thumbnailKey: null },
  ])
})

test('[H1] files and bytes at final keys are counted by kind; failures by reason, and by instance without reasons', async () => {
  await store(world, await downloaded(world, photo))
  world().objects.failing.set('copy', 'refused')
  await store(
    world,
    await downloaded(world, samplePdf(), { kind: 'document', mimetype: 'application/pdf', sourceEventId: 'b'.repeat(32) }),
  )
  const text = await world().metrics.render()
  expect(text).toContain('zaplog_media_stored_total{kind="image"} 1')
  expect(text).toContain(`zaplog_media_stored_bytes_total{kind="image"} ${photo.length}`)
  expect(text).toContain('zaplog_media_failures_total{kind="document",stage="store",reason="storage-refused"} 1')
  expect(text).toContain('zaplog_media_instance_failures_total{instance_id="shop",kind="document",stage="store"} 1')
  expect(
    text.split('\n').filter(line => line.includes('shop')),
    'nowhere else',
  ).toHaveLength(1)
})
