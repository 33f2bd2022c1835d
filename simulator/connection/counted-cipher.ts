// AES-256-GCM whose nonce is a count: each frame is sealed or opened once, in order; none may be skipped or swapped.
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'

export type CountedCipher = {
  seal(plaintext: Uint8Array, aad: Buffer): Buffer
  open(ciphertext: Buffer, aad: Buffer): Buffer
}

const tagBytes = 16

export function createCountedCipher(bytes: Buffer): CountedCipher {
  // a key object: handed raw bytes, Node 24 spends three times the cipher's own time on finding out what they are
  const key = createSecretKey(bytes)
  let count = 0
  return {
    seal(plaintext, aad) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce(count++)).setAAD(aad)
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    },
    open(ciphertext, aad) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce(count++)).setAAD(aad)
      decipher.setAuthTag(ciphertext.subarray(-tagBytes))
      return Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()])
    },
  }
}

function nonce(count: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(count, 8)
  return bytes
}
