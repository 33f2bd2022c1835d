import { expect, test } from 'vitest'
import { finalKey } from '../../src/processors/store/final-key.ts'

const keyAt = (occurredAt: number) => finalKey({ instanceId: 'shop', occurredAt, eventId: 'e1', extension: 'jpg' })

test.each([
  [Date.UTC(2026, 0, 5, 23, 59, 59, 999), 'shop/2026/01/05/e1.jpg'],
  [9e18, 'shop/9999/12/31/e1.jpg'],
  [-9e18, 'shop/1970/01/01/e1.jpg'],
])('[C4] a file of the instant %d is kept at %s', (occurredAt, key) => {
  expect(keyAt(occurredAt)).toBe(key)
})
