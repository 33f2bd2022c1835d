// Agreements with kept keys are libsignal's own, for every key and whatever is no key.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'

type Curve = {
  generateKeyPair(): { pubKey: Buffer; privKey: Buffer }
  calculateAgreement(publicKey: unknown, privateKey: unknown): Buffer
}
const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const curve: Curve = createRequire(baileys.resolve('libsignal'))('./src/curve.js')
const own = curve.calculateAgreement
const { agreeWithKeptKeys } = await import('../../src/producers/socket/agree-on-keys.ts')

test('[B2] two sides agree on one secret, the one that libsignal finds, however often a key comes', () => {
  const { agree } = agreeWithKeptKeys(own)
  const pairs = Array.from({ length: 20 }, () => curve.generateKeyPair())
  for (const ours of pairs)
    for (const theirs of pairs) {
      const secret = own(theirs.pubKey, ours.privKey)
      expect(agree(theirs.pubKey, ours.privKey)).toEqual(secret)
      expect(agree(ours.pubKey, theirs.privKey)).toEqual(secret)
    }
})

test('[B2] a private key that is kept read agrees on the same secret, and what is no key is not kept', () => {
  const { agree, keepRead } = agreeWithKeptKeys(own)
  const [ours, theirs] = [curve.generateKeyPair(), curve.generateKeyPair()]
  const secret = own(theirs.pubKey, ours.privKey)
  for (let time = 1; time <= 3; time++) {
    keepRead(ours.privKey)
    expect(agree(theirs.pubKey, ours.privKey)).toEqual(secret)
  }
  expect(() => keepRead(Buffer.of(5, 1))).toThrow()
})

test('[B2] any bytes are answered or refused as by libsignal', () => {
  const { agree } = agreeWithKeptKeys(own)
  const outcome = (work: () => Buffer) => {
    try {
      return work().toString('hex')
    } catch (error) {
      return String(error)
    }
  }
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(all => Buffer.from(all))
  const typed = bytes(32).map(key => Buffer.concat([Buffer.of(5), key]))
  const lowOrder = fc.constantFrom(0, 1).map(first => Buffer.concat([Buffer.of(5, first), Buffer.alloc(31)]))
  const odd = fc.oneof(bytes(31), bytes(33), bytes(0), fc.constantFrom(undefined, null, 'x', new Uint8Array(32), {}))
  fc.assert(
    fc.property(fc.oneof(typed, lowOrder, odd), fc.oneof(bytes(32), odd), (publicKey, privateKey) => {
      const expected = outcome(() => own(publicKey, privateKey))
      expect(outcome(() => agree(publicKey as Buffer, privateKey as Buffer))).toBe(expected)
    }),
  )
})

test('[B2] Baileys’ libsignal agrees with kept keys from the moment that sockets can be opened', async () => {
  await import('../../src/producers/socket/open-socket.ts')
  expect(curve.calculateAgreement).not.toBe(own)
})
