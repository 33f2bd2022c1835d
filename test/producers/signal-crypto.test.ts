// With keys as objects libsignal computes what it computed with raw ones, and refuses what it refused.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SignalCrypto } from '../../src/producers/socket/signal-crypto.ts'

const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const crypto: SignalCrypto = createRequire(baileys.resolve('libsignal'))('./src/crypto.js')
const own = { ...crypto }
const { withKeyObjects } = await import('../../src/producers/socket/signal-crypto.ts')
const ours = withKeyObjects(own)

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength }).map(all => Buffer.from(all))
const odd = fc.oneof(bytes(0), bytes(31), fc.constantFrom(undefined, null, 'x', new Uint8Array(32), {}))
const key = fc.oneof(bytes(32), bytes(32), odd)
const outcome = (work: () => unknown) => {
  try {
    return JSON.stringify(work())
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : error}`
  }
}
const expectSame = (work: (of: SignalCrypto) => unknown) => expect(outcome(() => work(ours))).toBe(outcome(() => work(own)))

test('[B2] MACs and derived secrets are libsignal’s own', () => {
  fc.assert(
    fc.property(key, fc.oneof(bytes(0, 200), odd), (secret, data) => {
      expectSame(({ calculateMAC }) => calculateMAC(secret as Buffer, data as Buffer))
    }),
  )
  const chunks = fc.constantFrom(undefined, 1, 2, 3, 4)
  fc.assert(
    fc.property(fc.oneof(bytes(1, 160), odd), key, bytes(0, 30), chunks, (input, salt, info, count) => {
      expectSame(({ deriveSecrets }) => deriveSecrets(input as Buffer, salt as Buffer, info, count))
    }),
  )
})

test('[B2] what was encrypted is decrypted, and a MAC that is another one is refused, as by libsignal', () => {
  fc.assert(
    fc.property(key, fc.oneof(bytes(0, 100), odd), fc.oneof(bytes(16), odd), (secret, data, iv) => {
      expectSame(({ encrypt }) => encrypt(secret as Buffer, data as Buffer, iv as Buffer))
      expectSame(({ decrypt }) => decrypt(secret as Buffer, data as Buffer, iv as Buffer))
    }),
  )
  fc.assert(
    fc.property(bytes(32), bytes(0, 100), bytes(32), bytes(16), (secret, data, stranger, iv) => {
      expect(ours.decrypt(secret, own.encrypt(secret, data, iv), iv)).toEqual(data)
      const mac = own.calculateMAC(secret, data).subarray(0, 8)
      expectSame(({ verifyMAC }) => verifyMAC(data, secret, mac, 8))
      expectSame(({ verifyMAC }) => verifyMAC(data, stranger, mac, 8))
      expectSame(({ verifyMAC }) => verifyMAC(data, secret, mac.subarray(0, 7), 8))
    }),
  )
})
