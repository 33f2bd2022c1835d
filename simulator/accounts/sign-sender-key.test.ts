import { randomBytes, randomInt } from 'node:crypto'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import libsignalCurve from 'libsignal/src/curve.js'
import { expect, it } from 'vitest'
import { verifyXeddsa } from '../../src/producers/socket/verify-sender-key.ts'
import { signXeddsa } from './sign-sender-key.ts'

/** libsignal's own verification takes 9 ms. */
const libsignalLooksAtEvery = 20

it('[K1] a thousand messages signed by simulated phones are accepted, by libsignal and by zaplog, and none that was changed', () => {
  const signs = new Set<number>()
  for (let round = 0; round < 1_000; round++) {
    const { pubKey, privKey } = libsignalCurve.generateKeyPair()
    const message = randomBytes(randomInt(1, 400))
    const signature = signXeddsa(privKey, message)
    const changed = Buffer.from(signature)
    const at = randomInt(64)
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << randomInt(8)), at)
    expect(verifyXeddsa(pubKey, message, signature)).toBe(true)
    expect(verifyXeddsa(pubKey, message, changed)).toBe(false)
    signs.add(signature.readUInt8(63) & 0x80)
    if (round % libsignalLooksAtEvery > 0) continue
    expect(libsignalCurve.verifySignature(pubKey, message, signature)).toBe(true)
    expect(libsignalCurve.verifySignature(pubKey, message, changed)).toBe(false)
  }
  expect(signs).toEqual(new Set([0, 0x80])) // half of the keys have either
})

it('[K1] the same message is never signed alike twice', () => {
  const { privKey } = libsignalCurve.generateKeyPair()
  const message = Buffer.from('oi')
  expect(signXeddsa(privKey, message)).not.toEqual(signXeddsa(privKey, message))
})

it('[K1] group messages are signed so', () => {
  expect(Reflect.get(SenderKeyMessage.prototype, 'getSignature')).toBe(signXeddsa)
})
