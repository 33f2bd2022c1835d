// Noise's symmetric state: every byte exchanged goes into the hash, every shared secret into the key.
import { createHash, hkdfSync } from 'node:crypto'
import { NOISE_MODE, NOISE_WA_HEADER } from '@whiskeysockets/baileys'
import { createCountedCipher } from './counted-cipher.ts'

export type Handshake = {
  mixHash(bytes: Uint8Array): void
  mixKey(secret: Uint8Array): void
  seal(plaintext: Uint8Array): Buffer
  open(ciphertext: Buffer): Buffer
  /** The keys of what follows: of frames from the client, and of those to it. */
  split(): [Buffer, Buffer]
}

export function startHandshake(): Handshake {
  const name = Buffer.from(NOISE_MODE)
  let hash = name.length === 32 ? name : sha256(name)
  let chainingKey = hash
  let cipher = createCountedCipher(hash)
  const mixHash = (bytes: Uint8Array) => {
    hash = sha256(Buffer.concat([hash, bytes]))
  }
  const derive = (secret: Uint8Array): [Buffer, Buffer] => {
    const keys = Buffer.from(hkdfSync('sha256', secret, chainingKey, '', 64))
    return [keys.subarray(0, 32), keys.subarray(32)]
  }
  mixHash(NOISE_WA_HEADER)
  return {
    mixHash,
    mixKey(secret) {
      const [chained, key] = derive(secret)
      chainingKey = chained
      cipher = createCountedCipher(key)
    },
    seal(plaintext) {
      const ciphertext = cipher.seal(plaintext, hash)
      mixHash(ciphertext)
      return ciphertext
    },
    open(ciphertext) {
      const plaintext = cipher.open(ciphertext, hash)
      mixHash(ciphertext)
      return plaintext
    },
    split: () => derive(Buffer.alloc(0)),
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
