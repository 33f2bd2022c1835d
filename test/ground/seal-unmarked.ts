// What zaplog sealed before keys had ids: version byte 1, nonce, ciphertext, tag.
import { createCipheriv, randomBytes } from 'node:crypto'

export function sealUnmarked(key: Uint8Array, plain: string, context: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  return Buffer.concat([Buffer.of(1), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}
