// download-media looks at the bytes: what they are proven to be, what they may be, and what they cost.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { liveBytes, MAX_GROWTH_BYTES } from '../contracts/live-bytes.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { bytes, downloadsOf, sha256 } from '../ground/processors/downloads.ts'
import { forgetful, handle, mediaMessage, never, pathOf } from '../ground/processors/media-world.ts'

const logger = collectLogLines()
const { world, message, download, fetches } = downloadsOf(logger)

test.each([
  ['wrong', randomBytes(32), false],
  ['missing', null, true],
])('[C3] a plain hash that is %s is flagged, and the object’s own is true', async (_, announced, matches) => {
  const event = message({ reference: { sha256: announced } })
  const [made] = (await download(event)).events
  expect(made).toMatchObject({ type: 'media.downloaded', sha256: sha256(bytes), sha256Matches: matches })
  const [again] = (await download(event)).events
  expect(again).toEqual(made)
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  expect((await world().truth.head(key, never))?.metadata.sha256).toBe(sha256(bytes))
})

test.each([
  ['right', {}, true, 1],
  ['wrong', { sha256: randomBytes(32) }, false, 2],
  ['missing', { sha256: null }, true, 2],
])(
  '[C3] of a file of many pieces a plain hash that is %s is flagged, and the object’s own is true',
  async (_, reference, matches, times) => {
    const large = randomBytes(3 * 1024 * 1024)
    const event = mediaMessage(world().cdn, { bytes: large }, { reference })
    const [made] = (await download(event)).events
    expect(made).toMatchObject({ type: 'media.downloaded', sha256: sha256(large), sha256Matches: matches })
    expect(fetches()).toBe(times)
    const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
    const found = await world().truth.get({ key }, never)
    expect(found?.head.metadata.sha256).toBe(sha256(large))
    expect((await readAll(found?.body ?? Readable.from([]))).equals(large)).toBe(true)
  },
)

test.each([
  ['bad-mac', { kind: 'flip', atByte: 3 * 1024 * 1024 - 3 }],
  ['bad-mac', { kind: 'bad-mac' }],
] as const)(
  '[C3] a file of many pieces whose last block is not what was sealed leaves nothing: %s, %o',
  async (reason, fault) => {
    const event = mediaMessage(world().cdn, { bytes: randomBytes(3 * 1024 * 1024) })
    world().cdn.fault(pathOf(event), fault)
    expect((await download(event)).events).toMatchObject([{ type: 'media.failed', reason, retryable: false }])
    expect(await Array.fromAsync(world().truth.list('', never))).toEqual([])
  },
)

describe('[C3] files sealed with the keys of another kind', () => {
  const kinds = ['image', 'video', 'audio', 'document', 'thumbnail-link'] as const
  const names = {
    image: 'image',
    video: 'video',
    audio: 'voice',
    document: 'document',
    'thumbnail-link': 'link-preview',
  } as const
  test.each(kinds.flatMap(keys => kinds.filter(kind => kind !== keys).map(kind => [names[kind], keys] as const)))(
    '[C3] a file sent as %s that was sealed as %s is opened and proven',
    async (kind, keys) => {
      const event = mediaMessage(world().cdn, { bytes, kind, keys, mimetype: 'application/pdf' })
      const [made] = (await download(event)).events
      expect(made).toMatchObject({ type: 'media.downloaded', kind, sha256: sha256(bytes), sha256Matches: true })
      const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
      expect(await readAll((await world().truth.get({ key }, never))?.body ?? Readable.from([]))).toEqual(bytes)
    },
  )

  test('[C3] keys that nobody has are a bad MAC, after one more look at the bytes', async () => {
    const event = message({ reference: { mediaKey: randomBytes(32) } })
    expect((await download(event)).events).toMatchObject([{ type: 'media.failed', reason: 'bad-mac', retryable: false }])
    expect(fetches()).toBe(2)
  })

  test('[C3] bytes that are not those that were announced are not looked at again', async () => {
    const event = message()
    world().cdn.fault(pathOf(event), { kind: 'flip', atByte: 100 })
    expect((await download(event)).events).toMatchObject([{ type: 'media.failed', reason: 'bad-mac' }])
    expect(fetches()).toBe(1)
  })
})

test('[C6] a store that keeps no metadata of ours loses nothing: what is there is known by its bytes', async () => {
  const objects = forgetful(world().objects.store)
  const event = message()
  const consumer = world().download({}, { objects })
  const [made] = (await handle(world(), consumer, event)).events
  expect(made).toMatchObject({ type: 'media.downloaded', sha256: sha256(bytes), sizeBytes: bytes.length })
  expect((await handle(world(), consumer, event)).events).toEqual([made])
  expect(fetches()).toBe(1)
})

test('[C4] the limit of the message’s kind holds, exactly it passes', async () => {
  const event = message()
  const limit = async (maxImageBytes: number) => (await handle(world(), world().download({ maxImageBytes }), event)).events
  expect(await limit(bytes.length - 1)).toMatchObject([{ type: 'media.failed', reason: 'too-large', retryable: false }])
  expect(fetches(), 'before the first byte').toBe(0)
  expect(await limit(bytes.length)).toMatchObject([{ type: 'media.downloaded' }])
  expect(await limit(bytes.length - 1), 'also where it is there already').toMatchObject([{ reason: 'too-large' }])
  const liar = message({ reference: { sizeBytes: 10 } })
  expect((await handle(world(), world().download({ maxImageBytes: 40_000 }), liar)).events).toMatchObject([
    { reason: 'too-large' },
  ])
})

test('[C3] memory stays the same while 64 MiB go from the CDN into the store', async () => {
  const large = mediaMessage(world().cdn, { bytes: Buffer.alloc(64 * 1024 * 1024, 3), kind: 'video', keys: 'video' })
  const seen = { before: liveBytes(), bytes: 0, peak: 0, next: 0 }
  const { store } = world().objects
  const sampled: typeof store = {
    ...store,
    put: (object, signal) => store.put({ ...object, body: sample(object.body) }, signal),
  }
  async function* sample(body: AsyncIterable<Uint8Array>) {
    for await (const part of body) {
      yield part
      seen.bytes += part.length
      if (seen.bytes < seen.next) continue
      seen.next += 8 * 1024 * 1024
      seen.peak = Math.max(seen.peak, liveBytes() - seen.before)
    }
  }
  const consumer = world().download({ maxVideoBytes: 100 * 1024 * 1024, idleTimeoutMs: 10_000 }, { objects: sampled })
  expect((await handle(world(), consumer, large)).events).toMatchObject([
    { type: 'media.downloaded', sizeBytes: 64 * 1024 * 1024 },
  ])
  expect(seen.bytes).toBe(64 * 1024 * 1024)
  expect(seen.peak).toBeLessThan(MAX_GROWTH_BYTES)
})
