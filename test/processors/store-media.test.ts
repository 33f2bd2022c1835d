// store-media, record by record: final keys, true types, thumbnails, and what it says when it cannot.
import { createHash, randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { sampleJpeg, samplePdf, sampleVoice } from '../../simulator/media/sample-media.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import type { ObjectErrorCode } from '../../src/objects/objects.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { forgetful, handle, type MediaWorld, mediaMessage, never } from '../ground/processors/media-world.ts'
import { worldForEach } from '../ground/processors/world-for-each.ts'

const logger = collectLogLines()
const world = worldForEach(logger)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const photo = await sampleJpeg({ width: 640, height: 480 })

/** What download-media leaves behind. */
async function downloaded(bytes: Uint8Array, more: Partial<EventOf<'media.downloaded'>> = {}) {
  const key = more.incomingKey ?? `incoming/shop/${sha256(bytes)}`
  async function* body() {
    yield bytes
  }
  const metadata = { instance_id: 'shop', sha256: sha256(bytes) }
  await world().truth.put({ key, body: body(), contentType: 'application/octet-stream', metadata }, never)
  return anEvent('media.downloaded', {
    sourceEventId: 'a'.repeat(32),
    occurredAt: Date.UTC(2026, 0, 31, 23, 59, 59),
    incomingKey: key,
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    mimetype: 'image/jpeg',
    fileName: '../../etc/férias.exe',
    messageId: '3EB0AA',
    chatId: '100000000000001@lid',
    ...more,
  })
}
const store = (event: Event, ...config: Parameters<MediaWorld['store']>) => handle(world(), world().store(...config), event)
const keys = async () => (await Array.fromAsync(world().truth.list('shop/', never))).map(one => one.key)
const bytesAt = async (key: string) => {
  const found = await world().truth.get({ key }, never)
  return found === null ? null : await readAll(found.body)
}
const finalKey = `shop/2026/01/31/${'a'.repeat(32)}.jpg`

test('[C4] an image gets its final key, type, metadata, dimensions and thumbnail', async () => {
  const event = await downloaded(photo, { width: 1, height: 1 })
  const [made] = (await store(event)).events
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
  expect(await keys()).toEqual([finalKey, `${finalKey}_thumb.jpg`])
  expect(await bytesAt(finalKey)).toEqual(photo)
  const thumbnail = await sharp((await bytesAt(`${finalKey}_thumb.jpg`)) ?? undefined).metadata()
  expect(thumbnail).toMatchObject({ format: 'jpeg', width: 200, height: 150 })
  expect(await world().truth.head(finalKey, never)).toMatchObject({
    contentType: 'image/jpeg',
    metadata: { instance_id: 'shop', event_id: 'a'.repeat(32), media_type: 'image', sha256: sha256(photo) },
  })
})

test('[C4] other kinds keep what the message said of them', async () => {
  const voice = await downloaded(sampleVoice(), { kind: 'voice', mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3 })
  expect((await store(voice)).events).toMatchObject([
    { mimetype: 'audio/ogg', extension: 'ogg', durationSeconds: 3, thumbnailKey: null, width: null },
  ])
  const pdf = await downloaded(samplePdf(), {
    kind: 'document',
    mimetype: 'application/pdf',
    pages: 1,
    sourceEventId: 'b'.repeat(32),
  })
  expect((await store(pdf)).events).toMatchObject([{ mimetype: 'application/pdf', extension: 'pdf', pages: 1 }])
})

test('[C4] a program called a picture is kept as bytes that nothing runs', async () => {
  const program = Buffer.concat([Buffer.from('MZ\x90\0'), randomBytes(300)])
  expect((await store(await downloaded(program))).events).toMatchObject([
    { mimetype: 'application/octet-stream', extension: 'bin', thumbnailKey: null },
  ])
})

test('[C6] what is there already with the same hash is not written again, and the event is the same', async () => {
  const event = await downloaded(photo)
  const [first] = (await store(event)).events
  world().objects.calls.length = 0
  const [again] = (await store(event)).events
  expect(again).toEqual(first)
  expect(world().objects.calls.map(call => call.split(' ')[0])).toEqual(['get', 'head', 'head'])
})

test.each([
  ['image', photo, 'image/jpeg', 'image'],
  ['document', samplePdf(), 'application/pdf', 'document'],
  ['video', randomBytes(3 * 1024 * 1024), 'video/mp4', 'video'],
] as const)(
  '[C6] a fetched %s and its final copy are described alike, and kill -9 before its event changes neither',
  async (kind, bytes, mimetype, sealedAs) => {
    const message = mediaMessage(world().cdn, { bytes, kind, mimetype, keys: sealedAs })
    const [fetched] = (await handle(world(), world().download(), message)).events
    if (fetched?.type !== 'media.downloaded') throw new Error('expected media.downloaded')
    const [lost] = (await store(fetched)).events
    if (lost?.type !== 'media.stored') throw new Error('expected media.stored')
    world().objects.calls.length = 0
    expect((await store(fetched)).events).toEqual([lost])
    expect(world().objects.calls.filter(call => call.startsWith('copy') || call.startsWith('put'))).toEqual([])
    const { key: _, ...incoming } = (await world().truth.head(fetched.incomingKey, never)) ?? {}
    const { key: __, ...final } = (await world().truth.head(lost.key, never)) ?? {}
    expect(final, 'one file with two names').toEqual(incoming)
  },
)

test('[C6] every event has a copy of its own, so that deleting one breaks none', async () => {
  const one = await downloaded(photo)
  const other = await downloaded(photo, { sourceEventId: 'b'.repeat(32) })
  await store(one)
  await store(other)
  await world().truth.delete([finalKey, one.incomingKey], never)
  expect(await bytesAt(finalKey.replaceAll('a'.repeat(32), 'b'.repeat(32)))).toEqual(photo)
})

test('[C6] another file under the final key is replaced', async () => {
  const event = await downloaded(photo)
  await store(event)
  const newer = await sampleJpeg({ width: 30, height: 20 })
  const [made] = (await store(await downloaded(newer, { round: 2 }))).events
  expect(made).toMatchObject({ key: finalKey, sha256: sha256(newer), width: 30, round: 2 })
  expect(await bytesAt(finalKey)).toEqual(newer)
})

test('[B3] [C4] a copy that came after midnight, of a message whose own time was not believed, makes no second object', async () => {
  const before = await downloaded(photo, { occurredAtSaid: '1798761600000' })
  const after = { ...before, occurredAt: before.occurredAt + 2_000, occurredAtSaid: '1798761600000' }
  const [first] = (await store(before)).events
  const [copy] = (await store(after)).events
  const [replayed] = (await store(before)).events
  expect(first).toMatchObject({ type: 'media.stored', key: finalKey, occurredAtSaid: '1798761600000' })
  expect(copy).toMatchObject({ eventId: first?.eventId, key: finalKey, thumbnailKey: `${finalKey}_thumb.jpg` })
  expect(replayed).toEqual(first)
  expect(await keys()).toEqual([finalKey, `${finalKey}_thumb.jpg`])
})

test('[B3] [C4] which day that is survives a crash before the first object was written, and an outage of storage', async () => {
  const before = await downloaded(photo, { occurredAtSaid: '' })
  world().objects.failing.set('copy', 'unreachable')
  expect((await store(before)).outcome).toMatchObject({ kind: 'pause' })
  world().objects.failing.clear()
  expect((await store({ ...before, occurredAt: before.occurredAt + 2_000 })).events).toMatchObject([{ key: finalKey }])
  const other = await downloaded(photo, { sourceEventId: 'b'.repeat(32), occurredAtSaid: '0' })
  world().objects.failing.set('put', 'denied')
  expect((await store(other)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store' })
})

test('[C4] what WhatsApp’s clock said is looked up nowhere', async () => {
  const event = await downloaded(photo)
  world().objects.calls.length = 0
  await store(event)
  expect(world().objects.calls.filter(call => call.includes('/first/'))).toEqual([])
})

test('[C5] an incoming object that is gone fails the round, retryable while rounds are left', async () => {
  const mediaSource = { mediaKey: randomBytes(32), directPath: '/v/x' }
  const lost = async (round: number) => {
    const event = await downloaded(photo, { round, mediaSource })
    await world().truth.delete([event.incomingKey], never)
    return (await store(event)).events
  }
  const failed = { type: 'media.failed', stage: 'store', reason: 'gone' }
  expect(await lost(1)).toMatchObject([{ ...failed, round: 1, retryable: true, mediaSource: { directPath: '/v/x' } }])
  expect(await lost(2)).toMatchObject([{ ...failed, round: 2, retryable: true }])
  expect(await lost(3)).toMatchObject([{ ...failed, round: 3, retryable: false }])
})

test('[C6] other bytes under the incoming key are not taken for this file', async () => {
  const event = await downloaded(photo, { incomingKey: 'incoming/shop/1' })
  await downloaded(randomBytes(100), { incomingKey: 'incoming/shop/1' })
  expect((await store(event)).events).toMatchObject([{ type: 'media.failed', reason: 'gone', retryable: true }])
  expect(await keys()).toEqual([])
})

test('[C6] an incoming object that expired after its file was stored is no failure', async () => {
  const event = await downloaded(photo)
  const [first] = (await store(event)).events
  await world().truth.delete([event.incomingKey], never)
  expect((await store(event)).events).toEqual([first])
})

test('[C2] [C4] a file is at its final key before anybody looks at its picture', async () => {
  const seen: (readonly string[])[] = []
  const without = { width: null, height: null, thumbnail: null, smaller: null, problem: 'not looked at' }
  const pictures = {
    read: async () => {
      seen.push(await keys())
      return without
    },
    close: async () => undefined,
  }
  const { events } = await store(await downloaded(photo, { width: 64, height: 48 }), {}, { pictures })
  expect(seen).toEqual([[finalKey]])
  expect(events, 'the message knew its size').toMatchObject([{ key: finalKey, width: 64, height: 48, thumbnailKey: null }])
})

test('[C4] a thumbnail that a crash left out is made by the next try', async () => {
  const event = await downloaded(photo)
  world().objects.failing.set('put', 'unreachable')
  expect((await store(event)).outcome).toMatchObject({ kind: 'pause' })
  expect(await keys()).toEqual([finalKey])
  world().objects.failing.clear()
  expect((await store(event)).events).toMatchObject([{ thumbnailKey: `${finalKey}_thumb.jpg`, width: 640, height: 480 }])
})

test('[C6] in a store that keeps no metadata of ours a file is stored, known again by its bytes, and other bytes are not', async () => {
  const objects = forgetful(world().objects.store)
  const event = await downloaded(photo)
  const [made] = (await store(event, {}, { objects })).events
  expect(made).toMatchObject({ type: 'media.stored', width: 640, height: 480, thumbnailKey: `${finalKey}_thumb.jpg` })
  world().objects.calls.length = 0
  expect((await store(event, {}, { objects })).events).toEqual([made])
  expect(world().objects.calls.filter(call => call.startsWith('copy'))).toEqual([])
  await world().truth.delete([event.incomingKey], never)
  expect((await store(event, {}, { objects })).events, 'also where incoming/ is empty').toEqual([made])
  await downloaded(randomBytes(photo.length), { incomingKey: event.incomingKey })
  await world().truth.delete([finalKey], never)
  expect((await store(event, {}, { objects })).events).toMatchObject([{ type: 'media.failed', reason: 'gone' }])
})

test('[C6] what 0.1.0 stored is known again, with its thumbnail', async () => {
  const event = await downloaded(photo)
  const metadata = { sha256: sha256(photo), width: '640', height: '480', thumbnail: 'yes' }
  await world().truth.copy({ fromKey: event.incomingKey, toKey: finalKey, contentType: 'image/jpeg', metadata }, never)
  world().objects.calls.length = 0
  expect((await store(event)).events).toMatchObject([{ width: 640, height: 480, thumbnailKey: `${finalKey}_thumb.jpg` }])
  expect(world().objects.calls.map(call => call.split(' ')[0])).toEqual(['get', 'head'])
})

test('[C4] exactly the limit of the message’s kind passes', async () => {
  const event = await downloaded(photo)
  const limit = async (maxImageBytes: number) => (await store(event, { maxImageBytes, maxDocumentBytes: 1 })).events
  expect(await limit(photo.length - 1)).toMatchObject([{ type: 'media.failed', reason: 'too-large', retryable: false }])
  expect(await limit(photo.length)).toMatchObject([{ type: 'media.stored' }])
})

test('[C4] a picture whose thumbnail fails is stored without it, and that is logged and counted', async () => {
  const broken = photo.subarray(0, 300)
  const [made] = (await store(await downloaded(broken))).events
  expect(made).toMatchObject({ type: 'media.stored', mimetype: 'image/jpeg', thumbnailKey: null })
  expect(await keys()).toEqual([finalKey])
  expect(logger.lines.some(line => line.event === 'media.thumbnail-failed')).toBe(true)
  expect(await world().metrics.render()).toContain('zaplog_media_thumbnail_failures_total 1')
})

test('[C4] a thumbnail that storage refuses costs the picture nothing', async () => {
  world().objects.failing.set('put', 'refused')
  expect((await store(await downloaded(photo))).events).toMatchObject([{ type: 'media.stored', width: 640, thumbnailKey: null }])
})

test.each<[ObjectErrorCode, 'get' | 'head' | 'put' | 'copy']>([
  ['unreachable', 'get'],
  ['denied', 'head'],
  ['unreachable', 'put'],
  ['misconfigured', 'copy'],
  ['throttled', 'copy'],
])('[C5] storage that is %s at %s pauses; no message is failed for it', async (code, call) => {
  const event = await downloaded(photo)
  world().objects.failing.set(call, code)
  expect((await store(event)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store', delayMs: 1234 })
  world().objects.failing.clear()
  expect((await store(event)).events).toMatchObject([{ type: 'media.stored', thumbnailKey: `${finalKey}_thumb.jpg` }])
})

test('[C5] storage that refuses the final object fails that file alone', async () => {
  world().objects.failing.set('copy', 'refused')
  expect((await store(await downloaded(photo))).events).toMatchObject([
    { reason: 'storage-refused', retryable: false, stage: 'store' },
  ])
})

test('[H1] files and bytes at final keys are counted by kind; failures by reason, and by instance without reasons', async () => {
  await store(await downloaded(photo))
  world().objects.failing.set('copy', 'refused')
  await store(await downloaded(samplePdf(), { kind: 'document', mimetype: 'application/pdf', sourceEventId: 'b'.repeat(32) }))
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

test('[H6] work whose assignment ended answers nothing', async () => {
  const event = await downloaded(photo)
  const consumer = world().store()
  await expect(consumer.handle(world().recordOf(event), 1, AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
  expect(await keys()).toEqual([])
})
