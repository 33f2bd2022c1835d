// Encrypts media as a phone does before it uploads: AES-256-CBC, then ten bytes of HMAC (keys: Baileys Utils/messages-media.js).
import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { hkdfInfoKey, type MediaType } from '@whiskeysockets/baileys'

export type EncryptedMedia = {
  /** Ciphertext and MAC, what the CDN holds. */
  bytes: Buffer
  mediaKey: Buffer
  fileSha256: Buffer
  fileEncSha256: Buffer
  /** Of the plaintext. */
  sizeBytes: number
}

export const macBytes = 10

/** The same key gives the same bytes [one that is drawn]. */
export function encryptMedia(plaintext: Uint8Array, type: MediaType, mediaKey = randomBytes(32)): EncryptedMedia {
  const keys = Buffer.from(hkdfSync('sha256', mediaKey, '', hkdfInfoKey(type), 112))
  const iv = keys.subarray(0, 16)
  const cipher = createCipheriv('aes-256-cbc', keys.subarray(16, 48), iv)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const mac = createHmac('sha256', keys.subarray(48, 80)).update(iv).update(ciphertext).digest().subarray(0, macBytes)
  const bytes = Buffer.concat([ciphertext, mac])
  return { bytes, mediaKey, fileSha256: sha256(plaintext), fileEncSha256: sha256(bytes), sizeBytes: plaintext.length }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
