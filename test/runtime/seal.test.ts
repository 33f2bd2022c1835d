import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSealer, keyIdOf, SealError, signLink } from '../../src/runtime/seal.ts'
import { sealUnmarked } from '../ground/seal-unmarked.ts'

const key = (byte: number) => Buffer.alloc(32, byte)
const sealer = createSealer({ current: key(1), previous: null })

test('[A4] what is sealed opens again, and never looks the same twice', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'auth_keys|shop|session|1')
  expect(sealer.open(sealed, 'auth_keys|shop|session|1').toString()).toBe('secret')
  expect(sealed.includes('secret')).toBe(false)
  expect(sealer.seal(Buffer.from('secret'), 'auth_keys|shop|session|1').equals(sealed)).toBe(false)
})

test('[A4] no nonce is used twice, and what was sealed stays as it was', () => {
  const sealed = Array.from({ length: 5_000 }, (_, number) => sealer.seal(Buffer.from(`${number}`), 'place'))
  expect(new Set(sealed.map(one => one.subarray(5, 17).toString('hex'))).size).toBe(5_000)
  for (const [number, one] of sealed.entries()) expect(sealer.open(one, 'place').toString()).toBe(`${number}`)
})

test('[A4] a sealed row does not open elsewhere, damaged, cut, or with another key', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'place')
  const damaged = Buffer.from(sealed)
  damaged.writeUInt8((damaged[19] ?? 0) ^ 1, 19)
  for (const attempt of [
    () => sealer.open(sealed, 'other place'),
    () => sealer.open(damaged, 'place'),
    () => sealer.open(sealed.subarray(0, 10), 'place'),
    () => createSealer({ current: key(2), previous: null }).open(sealed, 'place'),
  ])
    expect(attempt).toThrow(/expected bytes sealed with ENCRYPTION_KEY/)
})

test('[A4] the previous key still opens what it sealed', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'place')
  expect(
    createSealer({ current: key(2), previous: key(1) })
      .open(sealed, 'place')
      .toString(),
  ).toBe('secret')
})

test('[H9] what is sealed says with which key, which gives nothing of the key away, and the same key has the same id', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'place')
  expect(keyIdOf(sealed)).toBe(sealer.keyId)
  expect(sealer.keyId).toMatch(/^[0-9a-f]{8}$/)
  expect(key(1).toString('hex')).not.toContain(sealer.keyId)
  expect(createSealer({ current: key(1), previous: null }).keyId).toBe(sealer.keyId)
  const both = createSealer({ current: key(2), previous: [key(1), key(3)] })
  expect(both.keyIds).toEqual([both.keyId, sealer.keyId, createSealer({ current: key(3), previous: null }).keyId])
  expect(keyIdOf(both.seal(sealed, 'place'))).toBe(both.keyId)
})

test('[H9] what is under a key that is none of ours is said with its id, and is told from what is damaged', () => {
  const opening = (sealed: Uint8Array) => {
    try {
      return createSealer({ current: key(2), previous: key(3) }).open(sealed, 'place')
    } catch (error) {
      return error
    }
  }
  const other = opening(sealer.seal(Buffer.from('secret'), 'place'))
  expect(other).toBeInstanceOf(SealError)
  expect(other).toMatchObject({
    keyId: sealer.keyId,
    message: expect.stringContaining(`got what the key ${sealer.keyId} sealed`),
  })
  const damaged = createSealer({ current: key(3), previous: null }).seal(Buffer.from('secret'), 'elsewhere')
  expect(opening(damaged)).toMatchObject({ keyId: null, message: expect.stringContaining('got something else') })
})

test('[H9] what was cut names no key: it is damaged, and nobody waits for a key that would open it', () => {
  const whole = sealer.seal(Buffer.from(''), 'place')
  const other = createSealer({ current: key(2), previous: null })
  for (let length = 0; length < whole.length; length += 1)
    expect(() => other.open(whole.subarray(0, length), 'place')).toThrow(expect.objectContaining({ keyId: null }))
  expect(() => other.open(whole, 'place')).toThrow(expect.objectContaining({ keyId: sealer.keyId }))
  expect(keyIdOf(whole.subarray(0, 4))).toBeNull()
})

test('[A4] [H9] what was sealed before keys had ids opens with each key that there is', () => {
  const unmarked = sealUnmarked(key(1), 'secret', 'place')
  expect(keyIdOf(unmarked)).toBeNull()
  for (const keys of [
    { current: key(1), previous: null },
    { current: key(2), previous: [key(3), key(1)] },
  ])
    expect(createSealer(keys).open(unmarked, 'place').toString()).toBe('secret')
  expect(() => createSealer({ current: key(2), previous: null }).open(unmarked, 'place')).toThrow(/wrong key, or damaged/)
})

test('[C7] a link signature covers path and end', () => {
  const one = signLink(key(1), { path: '/m/a', expiresAtSeconds: null })
  expect(
    new Set([
      one,
      signLink(key(1), { path: '/m/b', expiresAtSeconds: null }),
      signLink(key(1), { path: '/m/a', expiresAtSeconds: 5 }),
    ]).size,
  ).toBe(3)
  expect(signLink(sealer.derive('x'), { path: '/m/a', expiresAtSeconds: null })).not.toBe(one)
})

test('[H9] two keys that have one id are refused, and the same key twice is not', () => {
  const made = (nth: number) => createHash('sha256').update(`zaplog test key ${nth}`).digest()
  const [one, other] = [made(76_076), made(88_683)]
  expect(createSealer({ current: other, previous: null }).keyId).toBe(createSealer({ current: one, previous: null }).keyId)
  for (const keys of [
    { current: one, previous: other },
    { current: key(1), previous: [one, other] },
  ])
    expect(() => createSealer(keys)).toThrow(/two that differ have the id 139ac1e5: expected .* ids of their own/)
  expect(createSealer({ current: one, previous: [one, key(1)] }).keyIds).toHaveLength(2)
})
