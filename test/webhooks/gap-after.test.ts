// How long those that share a statement wait for each other.
import { describe, expect, it } from 'vitest'
import { gapAfter } from '../../src/webhooks/bridge/gap-after.ts'

describe('the gap between statements that deliveries share', () => {
  it('[E3] is none after a batch of one: a chat that nobody else is at work beside waits for no timer, whatever hangs', () => {
    expect(gapAfter({ size: 1, tookMs: 1 })).toBe(0)
    expect(gapAfter({ size: 1, tookMs: 1_000 })).toBe(0)
  })

  it('[E3] follows what a statement takes, so that it never bounds an endpoint whose statements are fast', () => {
    expect(gapAfter({ size: 10, tookMs: 2 })).toBe(6)
  })

  it('[E3] is 25 ms at most, however slow they are', () => {
    expect(gapAfter({ size: 200, tookMs: 5_000 })).toBe(25)
  })
})
