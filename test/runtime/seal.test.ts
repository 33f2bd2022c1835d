import { expect, test } from 'vitest'
import { createSealer, signLink } from '../../src/runtime/seal.ts'

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
  expect(new Set(sealed.map(one => one.subarray(1, 13).toString('hex'))).size).toBe(5_000)
  for (const [number, one] of sealed.entries()) expect(sealer.open(one, 'place').toString()).toBe(`${number}`)
})

test('[A4] a sealed row does not open elsewhere, damaged, cut, or with another key', () => {
  const sealed = sealer.seal(Buffer.from('secret'), 'place')
  const damaged = Buffer.from(sealed)
  damaged.writeUInt8((damaged[15] ?? 0) ^ 1, 15)
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
