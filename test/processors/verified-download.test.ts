// A file comes out of its encrypted stream whole and proven, or not at all.
import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encryptMedia } from '../../simulator/media/encrypt-media.ts'
import {
  type ExpectedFile,
  encryptedSizeBytes,
  type VerifiedFile,
  verifiedDownload,
} from '../../src/processors/download/verified-download.ts'
import { liveBytes, MAX_GROWTH_BYTES } from '../contracts/live-bytes.ts'

type Encrypted = ReturnType<typeof encryptMedia>
const expectedOf = (file: Encrypted, more: Partial<ExpectedFile> = {}): ExpectedFile => ({
  kind: 'image',
  mediaKey: file.mediaKey,
  encSha256: file.fileEncSha256,
  sizeBytes: file.sizeBytes,
  maxBytes: 100 * 1024 * 1024,
  ...more,
})

async function* pieces(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const end = at + (sizes[n % sizes.length] ?? bytes.length)
    yield bytes.subarray(at, end)
    at = end
  }
}

/** Copies: a chunk is the reader's only until it asks for the next. */
async function collect(encrypted: AsyncIterable<Uint8Array>, expected: ExpectedFile) {
  const parts: Uint8Array[] = []
  const verified: VerifiedFile[] = []
  async function* whole() {
    verified.push(yield* verifiedDownload(encrypted, expected))
  }
  for await (const part of whole()) parts.push(Buffer.from(part))
  return { bytes: Buffer.concat(parts), file: verified[0] }
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('[C3] any file in any pieces comes out as it went in', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, async (plain, cuts) => {
      const file = encryptMedia(plain, 'image')
      expect(file.bytes.length).toBe(encryptedSizeBytes(plain.length))
      const { bytes, file: verified } = await collect(pieces(file.bytes, cuts), expectedOf(file))
      expect(bytes).toEqual(Buffer.from(plain))
      expect(verified).toEqual({ sizeBytes: plain.length, sha256: sha256(plain) })
    }),
  )
})

test.each([
  ['image', 'image'],
  ['sticker', 'sticker'],
  ['video', 'video'],
  ['ptv', 'ptv'],
  ['gif', 'gif'],
  ['audio', 'audio'],
  ['voice', 'ptt'],
  ['document', 'document'],
] as const)('[C1] a %s is decrypted by the keys that Baileys derives for %s', async (kind, type) => {
  const plain = randomBytes(1000)
  const file = encryptMedia(plain, type)
  expect((await collect(pieces(file.bytes, [100]), expectedOf(file, { kind }))).bytes).toEqual(plain)
})

const plain = randomBytes(1000)
const file = encryptMedia(plain, 'image')
const flipped = (at: number) => {
  const bytes = Buffer.from(file.bytes)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

test.each([
  ['a flipped bit', flipped(500), {}, 'bad-mac'],
  ['a flipped bit in the MAC', flipped(file.bytes.length - 1), {}, 'bad-mac'],
  ['another media key', file.bytes, { mediaKey: randomBytes(32) }, 'bad-mac'],
  ['another kind’s keys', file.bytes, { kind: 'voice' }, 'bad-mac'],
  ['another encrypted hash', file.bytes, { encSha256: randomBytes(32) }, 'bad-hash'],
  ['a file cut inside a block', file.bytes.subarray(0, 505), {}, 'truncated'],
  ['a file cut at a block’s end', file.bytes.subarray(0, 16 * 20 + 10), {}, 'truncated'],
  ['a file cut at a block’s end whose size nobody announced', file.bytes.subarray(0, 330), { sizeBytes: null }, 'bad-mac'],
  ['nothing at all', Buffer.of(), {}, 'truncated'],
  ['a MAC alone', randomBytes(10), {}, 'truncated'],
  ['one byte more than the limit', file.bytes, { maxBytes: 999 }, 'too-large'],
  ['a media key of 31 bytes', file.bytes, { mediaKey: randomBytes(31) }, 'corrupt'],
  ['a kind without keys', file.bytes, { kind: 'hologram' }, 'type-not-allowed'],
] as const)('[C3] %s is refused', async (_, bytes, more, reason) => {
  await expect(collect(pieces(bytes, [64]), expectedOf(file, more))).rejects.toMatchObject({ name: 'MediaError', code: reason })
})

test('[C3] a file whose MAC fits but whose padding is none is corrupt', async () => {
  const mediaKey = randomBytes(32)
  const keys = Buffer.from(hkdfSync('sha256', mediaKey, '', 'WhatsApp Image Keys', 112))
  const cipher = createCipheriv('aes-256-cbc', keys.subarray(16, 48), keys.subarray(0, 16)).setAutoPadding(false)
  const ciphertext = Buffer.concat([cipher.update(Buffer.alloc(32, 99)), cipher.final()])
  const mac = createHmac('sha256', keys.subarray(48, 80)).update(keys.subarray(0, 16)).update(ciphertext).digest()
  const bytes = Buffer.concat([ciphertext, mac.subarray(0, 10)])
  const expected = expectedOf(file, { mediaKey, encSha256: null })
  await expect(collect(pieces(bytes, [7]), expected)).rejects.toMatchObject({ code: 'corrupt' })
})

test('[C4] exactly the limit passes, and a wrong announced size alone does not fail a file', async () => {
  const { bytes } = await collect(pieces(file.bytes, [64]), expectedOf(file, { maxBytes: 1000, sizeBytes: 7 }))
  expect(bytes).toEqual(plain)
})

test('[C3] memory stays the same over 64 MiB', async () => {
  const large = encryptMedia(Buffer.alloc(64 * 1024 * 1024, 5), 'video')
  const before = liveBytes()
  const seen = { bytes: 0, peak: 0, next: 0 }
  for await (const part of verifiedDownload(pieces(large.bytes, [64 * 1024]), expectedOf(large, { kind: 'video' }))) {
    seen.bytes += part.length
    if (seen.bytes < seen.next) continue
    seen.next += 8 * 1024 * 1024
    seen.peak = Math.max(seen.peak, liveBytes() - before)
  }
  expect(seen.bytes).toBe(64 * 1024 * 1024)
  expect(seen.peak).toBeLessThan(MAX_GROWTH_BYTES)
})
