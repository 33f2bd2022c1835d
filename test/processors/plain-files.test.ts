// Files that are not sealed, as channels have them, and what comes without anything that fetches it.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { encryptMedia } from '../../simulator/media/encrypt-media.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { downloadsOf, sha256 } from '../ground/processors/downloads.ts'
import { handle, type MediaMessage, never } from '../ground/processors/media-world.ts'

const { world, download, fetches } = downloadsOf(collectLogLines())

type Reference = Partial<NonNullable<MediaMessage['mediaSource']>>

/** A message whose bytes are on the CDN as they are. */
function plainMessage(bytes: Buffer, reference: Reference = {}, kind = 'image'): MediaMessage {
  const hash = createHash('sha256').update(bytes).digest()
  return anEvent('message.received', {
    kind,
    media: { mimetype: 'image/jpeg', sizeBytes: bytes.length },
    mediaSource: {
      mediaKey: Buffer.of(),
      directPath: world().cdn.put(bytes),
      sha256: hash,
      sizeBytes: bytes.length,
      ...reference,
    },
  })
}

test.each([
  ['small', 719],
  ['empty', 0],
  ['of many pieces', 3 * 1024 * 1024],
])('[C3] a plain file that is %s is fetched without decryption, and proven by its hash', async (_title, size) => {
  const bytes = randomBytes(size)
  const [made] = (await download(plainMessage(bytes))).events
  expect(made).toMatchObject({ type: 'media.downloaded', sizeBytes: size, sha256: sha256(bytes), sha256Matches: true })
  expect(fetches()).toBe(1)
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  expect(await readAll((await world().truth.get({ key }, never))?.body ?? Readable.from([]))).toEqual(bytes)
})

test.each<[string, Reference]>([
  ['bad-hash', { sha256: randomBytes(32) }],
  ['no-url', { directPath: null }],
  ['corrupt', { encSha256: randomBytes(32) }],
  ['corrupt', { sha256: null }],
  ['too-large', { sizeBytes: 900_000_000 }],
])('[C5] a plain file that is %s fails at once, and leaves nothing', async (reason, reference) => {
  const { events } = await download(plainMessage(randomBytes(700), reference))
  expect(events).toMatchObject([{ type: 'media.failed', stage: 'download', reason, retryable: false }])
  expect(await Array.fromAsync(world().truth.list('', never))).toEqual([])
})

test('[C5] a plain file that ends too early is tried again', async () => {
  const { outcome } = await download(plainMessage(randomBytes(700), { sha256: randomBytes(32), sizeBytes: 900 }))
  expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('truncated') })
})

test('[C4] a plain file has the limit of its kind, exactly', async () => {
  const event = plainMessage(randomBytes(700))
  const limit = async (maxImageBytes: number) => (await handle(world(), world().download({ maxImageBytes }), event)).events
  expect(await limit(699)).toMatchObject([{ type: 'media.failed', reason: 'too-large' }])
  expect(await limit(700)).toMatchObject([{ type: 'media.downloaded' }])
})

test('[C6] plain files share one object where they are one file, and only there', async () => {
  const [one, other] = [randomBytes(700), randomBytes(700)]
  const keyOf = async (event: MediaMessage) => {
    const [made] = (await download(event)).events
    return made?.type === 'media.downloaded' ? made.incomingKey : null
  }
  const message = plainMessage(one)
  const key = await keyOf(message)
  expect(await keyOf({ ...message, eventId: 'f'.repeat(32) })).toBe(key)
  expect(await keyOf(plainMessage(other))).not.toBe(key)
  expect(fetches()).toBe(2)
})

test.each(['voice', 'image'])('[C3] a %s that names a key over plain bytes is taken by its hash', async kind => {
  const bytes = randomBytes(705)
  const [made] = (await download(plainMessage(bytes, { mediaKey: randomBytes(32) }, kind))).events
  expect(made).toMatchObject({ type: 'media.downloaded', kind, sha256: sha256(bytes), sha256Matches: true })
  const whole = randomBytes(16 * 40 + 10)
  expect((await download(plainMessage(whole, { mediaKey: randomBytes(32) }, kind))).events).toMatchObject([
    { type: 'media.downloaded', sha256: sha256(whole) },
  ])
})

test('[C3] where neither a key nor the hash fits, the file is what it was before', async () => {
  const bytes = randomBytes(16 * 40 + 10)
  const { events } = await download(
    plainMessage(bytes, { mediaKey: randomBytes(32), sha256: randomBytes(32), sizeBytes: 16 * 40 - 1 }),
  )
  expect(events).toMatchObject([{ type: 'media.failed', reason: 'bad-mac' }])
})

test.each([
  ['template', 'image', 'image/jpeg'],
  ['interactive', 'video', 'video/mp4'],
  ['buttons', 'document', 'application/pdf'],
  ['product', 'image', 'image/jpeg'],
  ['link-preview', 'thumbnail-link', 'image/jpeg'],
] as const)('[C1] the file of a %s that was sealed as %s is opened', async (kind, keys, mimetype) => {
  const bytes = randomBytes(700)
  const sealed = encryptMedia(bytes, keys)
  const event = plainMessage(sealed.bytes, {
    mediaKey: sealed.mediaKey,
    encSha256: sealed.fileEncSha256,
    sha256: sealed.fileSha256,
    sizeBytes: bytes.length,
  })
  const media = { mimetype, sizeBytes: bytes.length }
  expect((await download({ ...event, kind, media })).events).toMatchObject([
    { type: 'media.downloaded', kind, sha256: sha256(bytes), sha256Matches: true },
  ])
  expect(fetches()).toBe(1)
})
