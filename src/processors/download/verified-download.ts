// Decrypts while it streams and ends well only if MAC and encrypted hash agree; memory does not grow with the file.
// What it yields before that is unproven: the caller publishes nothing until it has ended. A chunk is the caller's until it asks for the next.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { MediaError } from '../media-error.ts'
import { deriveMediaKeys } from './media-keys.ts'
import { giveBackMemory } from './spent-bytes.ts'

export type ExpectedFile = {
  kind: string
  /** Whose keys it is sealed with [the kind's]. */
  keysOf?: string
  /** Empty: it is not sealed (plain-download.ts). */
  mediaKey: Uint8Array
  encSha256: Uint8Array | null
  /** Of the plain file, as announced: what proves one that is not sealed. */
  sha256?: Uint8Array | null
  /** As announced; only tells a truncated file from a forged one. */
  sizeBytes: number | null
  /** Of the plain file; exactly so much passes. */
  maxBytes: number
}
export type VerifiedFile = { sizeBytes: number; sha256: string }

const MAC_BYTES = 10
const BLOCK_BYTES = 16

/** Throws MediaError: bad-mac, bad-hash, truncated, too-large or corrupt. */
export async function* verifiedDownload(
  encrypted: AsyncIterable<Uint8Array>,
  expected: ExpectedFile,
): AsyncGenerator<Uint8Array, VerifiedFile, undefined> {
  const { iv, cipherKey, macKey } = deriveMediaKeys(expected.mediaKey, expected.keysOf ?? expected.kind)
  const hmac = createHmac('sha256', macKey).update(iv)
  const encryptedHash = createHash('sha256')
  const plainHash = createHash('sha256')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv).setAutoPadding(false)
  const beforeMac = holdBack(MAC_BYTES)
  const beforePadding = holdBack(BLOCK_BYTES)
  let encryptedBytes = 0
  let sizeBytes = 0
  const count = (plain: Buffer) => {
    plainHash.update(plain)
    sizeBytes += plain.length
    if (sizeBytes > expected.maxBytes)
      throw new MediaError('too-large', `downloading a ${expected.kind}: expected at most ${expected.maxBytes} bytes, got more`)
  }

  for await (const chunk of encrypted) {
    encryptedHash.update(chunk)
    encryptedBytes += chunk.length
    for (const ciphertext of beforeMac.push(asBuffer(chunk))) {
      hmac.update(ciphertext)
      const deciphered = decipher.update(ciphertext)
      for (const plain of beforePadding.push(deciphered)) {
        count(plain)
        yield plain
      }
      giveBackMemory(deciphered)
    }
  }

  checkLength(encryptedBytes)
  const asAnnounced = isAnnounced(encryptedHash.digest(), expected)
  checkMac({ computed: hmac.digest(), got: beforeMac.rest(), encryptedBytes, asAnnounced, expected })
  if (!asAnnounced) throw new MediaError('bad-hash', 'decrypting: the encrypted bytes are not those that the message announced')
  const last = unpad(beforePadding.rest())
  count(last)
  if (last.length > 0) yield last
  return { sizeBytes, sha256: plainHash.digest('hex') }
}

/** What a plain file of that size is on the CDN: padded to whole blocks, at least one byte of padding, and the MAC. */
export const encryptedSizeBytes = (plainBytes: number): number =>
  (Math.floor(plainBytes / BLOCK_BYTES) + 1) * BLOCK_BYTES + MAC_BYTES

function checkLength(encryptedBytes: number): void {
  const ciphertextBytes = encryptedBytes - MAC_BYTES
  if (ciphertextBytes >= BLOCK_BYTES && ciphertextBytes % BLOCK_BYTES === 0) return
  throw new MediaError(
    'truncated',
    `decrypting: expected whole blocks and ${MAC_BYTES} bytes of MAC, got ${encryptedBytes} bytes`,
  )
}

/** Cut at a block's end a file looks forged; fewer bytes than announced tell. */
function checkMac(of: {
  computed: Buffer
  got: Buffer
  encryptedBytes: number
  asAnnounced: boolean
  expected: ExpectedFile
}): void {
  if (timingSafeEqual(of.computed.subarray(0, MAC_BYTES), of.got)) return
  const announced = of.expected.sizeBytes
  if (announced !== null && of.encryptedBytes < encryptedSizeBytes(announced))
    throw new MediaError('truncated', `decrypting: expected ${encryptedSizeBytes(announced)} bytes, got ${of.encryptedBytes}`)
  throw new MediaError('bad-mac', 'decrypting: the MAC does not fit the bytes', { otherKeysMayFit: of.asAnnounced })
}

const isAnnounced = (computed: Buffer, { encSha256 }: ExpectedFile): boolean => encSha256 === null || computed.equals(encSha256)

/** PKCS #7. The MAC fitted, so a wrong padding is the sender's. */
function unpad(block: Buffer): Buffer {
  const padding = block.at(-1) ?? 0
  const ok = padding >= 1 && padding <= BLOCK_BYTES && block.subarray(-padding).every(byte => byte === padding)
  if (!ok) throw new MediaError('corrupt', 'decrypting: the padding is none')
  return block.subarray(0, block.length - padding)
}

/** Lets everything pass but the last `keptBytes` so far, without copying what passes. */
function holdBack(keptBytes: number) {
  let held = Buffer.alloc(0)
  return {
    push(chunk: Buffer): readonly Buffer[] {
      const earlier = chunk.length >= keptBytes ? held : Buffer.concat([held, chunk])
      const whole = chunk.length >= keptBytes ? chunk : earlier
      const passing = whole.subarray(0, Math.max(0, whole.length - keptBytes))
      held = Buffer.from(whole.subarray(passing.length))
      return (whole === earlier ? [passing] : [earlier, passing]).filter(part => part.length > 0)
    },
    rest: (): Buffer => held,
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
