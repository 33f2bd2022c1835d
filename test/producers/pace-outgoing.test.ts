// How fast an account writes to people, by a clock of the test.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutgoingPace } from '../../src/producers/commands/pace-outgoing.ts'

const minute = 60_000
const of = (commandId: string, instanceId = 'first') => ({ instanceId, commandId })

function open(given: { perMinute?: number; burst?: number; random?: () => number } = {}) {
  const at = { now: 1_000_000 }
  const pace = createOutgoingPace({ perMinute: 20, burst: 5, random: () => 0, ...given, clock: () => at.now })
  return { ...pace, at }
}

test('[F2] five go at once, and then one every three seconds', () => {
  const { waitMs } = open()
  const waits = Array.from({ length: 8 }, (_, nth) => waitMs(of(`${nth}`)))
  expect(waits).toEqual([0, 0, 0, 0, 0, 3_000, 6_000, 9_000])
})

test('[F2] a turn is kept for whom it was given to, and is over once it is taken', () => {
  const { waitMs, at } = open({ burst: 1 })
  expect([waitMs(of('a')), waitMs(of('b')), waitMs(of('c'))]).toEqual([0, 3_000, 6_000])
  at.now += 1_000
  expect([waitMs(of('b')), waitMs(of('c'))]).toEqual([2_000, 5_000])
  at.now += 2_000
  expect(waitMs(of('b'))).toBe(0)
  expect(waitMs(of('c'))).toBe(3_000)
})

test('[F2] accounts do not wait for each other, and with 0 a minute nobody waits', () => {
  const { waitMs } = open({ burst: 1 })
  expect([waitMs(of('a')), waitMs(of('b', 'other'))]).toEqual([0, 0])
  const unpaced = open({ perMinute: 0 })
  for (let nth = 0; nth < 100; nth += 1) expect(unpaced.waitMs(of(`${nth}`))).toBe(0)
})

test('[F2] whenever they are asked for, no minute has more turns than it may, and nobody waits longer than for those before', () => {
  const anyGaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 80 })
  const anyJitter = fc.double({ min: 0, max: 0.99, noNaN: true })
  fc.assert(
    fc.property(anyGaps, anyJitter, (gaps, drawn) => {
      const { waitMs, at } = open({ random: () => drawn })
      const turns = gaps.map((gap, nth) => {
        at.now += gap
        const waits = waitMs(of(`${nth}`))
        expect(waits).toBeLessThanOrEqual(Math.max(0, nth - 4) * 3_000 + 1_500)
        return at.now + waits
      })
      for (const turn of turns) {
        const inMinute = turns.filter(other => other >= turn && other < turn + minute)
        // Its own, those at once, and one that jitter moved into it.
        expect(inMinute.length).toBeLessThanOrEqual(20 + 5 + 1)
      }
    }),
  )
})
