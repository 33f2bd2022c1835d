// A stored file as WhatsApp's CDN has it: AES-256-CBC, then ten bytes of HMAC (Baileys, Utils/messages-media.js, encryptedStream). It is sealed
// while it streams, as often as it is read and each time the same, so that memory does not grow with it.
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { expandMediaKey, MEDIA_KEY_BYTES, type MediaKeys, mediaKeyInfos } from '../../convert/media-keys.ts'

export type Sealed = { sha256: Buffer; encSha256: Buffer; sizeBytes: number; encSizeBytes: number; isAnimated: boolean }
export type Sealing = {
  mediaKey: Buffer
  sealed: Sealed
  /** The sealed bytes once more. Throws FileLost, and what `read` does. */
  again(): AsyncGenerator<Uint8Array, void, undefined>
}
/** Nobody can send it any more. The message is for people. */
export class FileLost extends Error {
  override name = 'FileLost'
}
const notThere = 'Its file is not in the store any more.'
export const anotherFile = 'Its file in the store is another one than was checked.'

type Read = () => Promise<{ body: AsyncIterable<Uint8Array> } | null>

const MAC_BYTES = 10
/** Where a WebP says what is in it. */
const HEAD_BYTES = 32

/** With a media key of its own. Rejects with FileLost, or as `read` does. */
export async function sealingOf(read: Read, kind: string): Promise<Sealing> {
  const info = mediaKeyInfos[kind]
  if (info === undefined) throw new Error(`sealing a file: no keys are known for kind ${kind}`)
  const mediaKey = randomBytes(MEDIA_KEY_BYTES)
  const keys = expandMediaKey(mediaKey, info)
  const file = await read()
  if (file === null) throw new FileLost(notThere)
  const sealed = await sealedOf(sealing(file.body, keys))
  return { mediaKey, sealed, again: () => sealedAgain(read, keys, sealed) }
}

async function sealedOf(bytes: ReturnType<typeof sealing>): Promise<Sealed> {
  for (;;) {
    const { done, value } = await bytes.next()
    if (done === true) return value
  }
}

async function* sealedAgain(read: Read, keys: MediaKeys, before: Sealed): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await read()
  if (file === null) throw new FileLost(notThere)
  const { encSha256 } = yield* sealing(file.body, keys)
  if (!encSha256.equals(before.encSha256)) throw new FileLost(anotherFile)
}

async function* sealing(
  plain: AsyncIterable<Uint8Array>,
  { iv, cipherKey, macKey }: MediaKeys,
): AsyncGenerator<Uint8Array, Sealed, undefined> {
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const hmac = createHmac('sha256', macKey).update(iv)
  const [plainHash, encHash] = [createHash('sha256'), createHash('sha256')]
  const counted = { sizeBytes: 0, encSizeBytes: 0 }
  let head = Buffer.alloc(0)
  const count = (bytes: Buffer) => {
    encHash.update(bytes)
    counted.encSizeBytes += bytes.length
    return bytes
  }
  for await (const chunk of plain) {
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)])
    plainHash.update(chunk)
    counted.sizeBytes += chunk.length
    const ciphertext = cipher.update(chunk)
    hmac.update(ciphertext)
    if (ciphertext.length > 0) yield count(ciphertext)
  }
  const last = cipher.final()
  yield count(Buffer.concat([last, hmac.update(last).digest().subarray(0, MAC_BYTES)]))
  return { ...counted, sha256: plainHash.digest(), encSha256: encHash.digest(), isAnimated: isAnimatedWebp(head) }
}

/** By its extended header (RFC 9649). */
const isAnimatedWebp = (head: Buffer): boolean =>
  head.length > 20 && head.toString('latin1', 8, 16) === 'WEBPVP8X' && (head.readUInt8(20) & 0b10) !== 0
