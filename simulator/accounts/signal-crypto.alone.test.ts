import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import libsignalCrypto from 'libsignal/src/crypto.js'
import { expect, it } from 'vitest'
import { calculateMAC, deriveSecrets, encrypt } from './signal-crypto.ts'

const [key, data, iv, info] = [randomBytes(32), randomBytes(100), randomBytes(16), Buffer.from('WhisperMessageKeys')]

it("[K1] Signal's primitives are HMAC-SHA256, HKDF-SHA256 and AES-256-CBC", () => {
  expect(calculateMAC(key, data)).toEqual(createHmac('sha256', key).update(data).digest())
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  expect(encrypt(key, data, iv)).toEqual(Buffer.concat([cipher.update(data), cipher.final()]))
  for (const chunks of [1, 2, 3])
    expect(Buffer.concat(deriveSecrets(data, key, info, chunks))).toEqual(
      Buffer.from(hkdfSync('sha256', data, key, info, chunks * 32)),
    )
})

it('[K1] libsignal uses them', () => {
  expect(libsignalCrypto).toMatchObject({ calculateMAC, deriveSecrets, encrypt })
})
