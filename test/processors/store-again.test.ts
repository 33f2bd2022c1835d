// What store-media finds at a final key is known again by its bytes and not written twice, and what it cannot store is failed or waited for.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sampleJpeg, samplePdf } from '../../simulator/media/sample-media.ts'
import type { ObjectErrorCode } from '../../src/objects/objects.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { forgetful, handle, mediaMessage, never } from '../ground/processors/media-world.ts'
import { bytesAt, downloaded, finalKey, keys, photo, sha256, store } from '../ground/processors/stored.ts'
import { worldForEach } from '../ground/processors/world-for-each.ts'

const logger = collectLogLines()
const world = worldForEach(logger)

test('[C6] what is there already with the same hash is not written again, and the event is the same', async () => {
  const event = await downloaded(world, photo)
  const [first] = (await store(world, event)).events
  world().objects.calls.length = 0
  const [again] = (await store(world, event)).events
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
    const [lost] = (await store(world, fetched)).events
    if (lost?.type !== 'media.stored') throw new Error('expected media.stored')
    world().objects.calls.length = 0
    expect((await store(world, fetched)).events).toEqual([lost])
    expect(world().objects.calls.filter(call => call.startsWith('copy') || call.startsWith('put'))).toEqual([])
    const { key: _, ...incoming } = (await world().truth.head(fetched.incomingKey, never)) ?? {}
    const { key: __, ...final } = (await world().truth.head(lost.key, never)) ?? {}
    expect(final, 'one file with two names').toEqual(incoming)
  },
)

test('[C6] every event has a copy of its own, so that deleting one breaks none', async () => {
  const one = await downloaded(world, photo)
  const other = await downloaded(world, photo, { sourceEventId: 'b'.repeat(32) })
  await store(world, one)
  await store(world, other)
  await world().truth.delete([finalKey, one.incomingKey], never)
  expect(await bytesAt(world, finalKey.replaceAll('a'.repeat(32), 'b'.repeat(32)))).toEqual(photo)
})

test('[C6] another file under the final key is replaced', async () => {
  const event = await downloaded(world, photo)
  await store(world, event)
  const newer = await sampleJpeg({ width: 30, height: 20 })
  const [made] = (await store(world, await downloaded(world, newer, { round: 2 }))).events
  expect(made).toMatchObject({ key: finalKey, sha256: sha256(newer), width: 30, round: 2 })
  expect(await bytesAt(world, finalKey)).toEqual(newer)
})

test('[C5] an incoming object that is gone fails the round, retryable while rounds are left', async () => {
  const mediaSource = { mediaKey: randomBytes(32), directPath: '/v/x' }
  const lost = async (round: number) => {
    const event = await downloaded(world, photo, { round, mediaSource })
    await world().truth.delete([event.incomingKey], never)
    return (await store(world, event)).events
  }
  const failed = { type: 'media.failed', stage: 'store', reason: 'gone' }
  expect(await lost(1)).toMatchObject([{ ...failed, round: 1, retryable: true, mediaSource: { directPath: '/v/x' } }])
  expect(await lost(2)).toMatchObject([{ ...failed, round: 2, retryable: true }])
  expect(await lost(3)).toMatchObject([{ ...failed, round: 3, retryable: false }])
})

test('[C6] other bytes under the incoming key are not taken for this file', async () => {
  const event = await downloaded(world, photo, { incomingKey: 'incoming/shop/1' })
  await downloaded(world, randomBytes(100), { incomingKey: 'incoming/shop/1' })
  expect((await store(world, event)).events).toMatchObject([{ type: 'media.failed', reason: 'gone', retryable: true }])
  expect(await keys(world)).toEqual([])
})

test('[C6] an incoming object that expired after its file was stored is no failure', async () => {
  const event = await downloaded(world, photo)
  const [first] = (await store(world, event)).events
  await world().truth.delete([event.incomingKey], never)
  expect((await store(world, event)).events).toEqual([first])
})

test('[C6] in a store that keeps no metadata of ours a file is stored, known again by its bytes, and other bytes are not', async () => {
  const objects = forgetful(world().objects.store)
  const event = await downloaded(world, photo)
  const [made] = (await store(world, event, {}, { objects })).events
  expect(made).toMatchObject({ type: 'media.stored', width: 640, height: 480, thumbnailKey: `${finalKey}_thumb.jpg` })
  world().objects.calls.length = 0
  expect((await store(world, event, {}, { objects })).events).toEqual([made])
  expect(world().objects.calls.filter(call => call.startsWith('copy'))).toEqual([])
  await world().truth.delete([event.incomingKey], never)
  expect((await store(world, event, {}, { objects })).events, 'also where incoming/ is empty').toEqual([made])
  await downloaded(world, randomBytes(photo.length), { incomingKey: event.incomingKey })
  await world().truth.delete([finalKey], never)
  expect((await store(world, event, {}, { objects })).events).toMatchObject([{ type: 'media.failed', reason: 'gone' }])
})

test('[C6] what 0.1.0 stored is known again, with its thumbnail', async () => {
  const event = await downloaded(world, photo)
  const metadata = { sha256: sha256(photo), width: '640', height: '480', thumbnail: 'yes' }
  await world().truth.copy({ fromKey: event.incomingKey, toKey: finalKey, contentType: 'image/jpeg', metadata }, never)
  world().objects.calls.length = 0
  expect((await store(world, event)).events).toMatchObject([{ width: 640, height: 480, thumbnailKey: `${finalKey}_thumb.jpg` }])
  expect(world().objects.calls.map(call => call.split(' ')[0])).toEqual(['get', 'head'])
})

test.each<[ObjectErrorCode, 'get' | 'head' | 'put' | 'copy']>([
  ['unreachable', 'get'],
  ['denied', 'head'],
  ['unreachable', 'put'],
  ['misconfigured', 'copy'],
  ['throttled', 'copy'],
])('[C5] storage that is %s at %s pauses; no message is failed for it', async (code, call) => {
  const event = await downloaded(world, photo)
  world().objects.failing.set(call, code)
  expect((await store(world, event)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store', delayMs: 1234 })
  world().objects.failing.clear()
  expect((await store(world, event)).events).toMatchObject([{ type: 'media.stored', thumbnailKey: `${finalKey}_thumb.jpg` }])
})

test('[C5] storage that refuses the final object fails that file alone', async () => {
  world().objects.failing.set('copy', 'refused')
  expect((await store(world, await downloaded(world, photo))).events).toMatchObject([
    { reason: 'storage-refused', retryable: false, stage: 'store' },
  ])
})

test('[H6] work whose assignment ended answers nothing', async () => {
  const event = await downloaded(world, photo)
  const consumer = world().store()
  await expect(consumer.handle(world().recordOf(event), 1, AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
  expect(await keys(world)).toEqual([])
})
