// How fast an account writes to people, by a clock of the test.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutgoingPace } from '../../src/producers/commands/pace-outgoing.ts'

const minute = 60_000

function open(given: { perMinute?: number; burst?: number; random?: () => number } = {}) {
  const at = { now: 1_000_000 }
  const pace = createOutgoingPace({ perMinute: 20, burst: 5, random: () => 0, ...given, clock: () => at.now })
  /** How long the next of an account's messages waits, which takes its turn then. */
  function next(instanceId = 'first'): number {
    const waitMs = pace.waitMs(instanceId)
    at.now += waitMs
    expect(pace.waitMs(instanceId)).toBe(0)
    pace.takeTurn(instanceId)
    return waitMs
  }
  return { ...pace, at, next }
}

test('[F2] five go at once, and then one every three seconds', () => {
  const { next } = open()
  expect(Array.from({ length: 8 }, () => next())).toEqual([0, 0, 0, 0, 0, 3_000, 3_000, 3_000])
})

test('[H1] how many turns are left is what goes at once, and grows by one every three seconds, up to all', () => {
  const { next, left, at } = open()
  expect([left('first'), left('other')]).toEqual([5, 5])
  for (const rest of [4, 3, 2, 1, 0]) {
    next()
    expect(left('first')).toBe(rest)
  }
  for (const [laterMs, rest] of [
    [2_999, 0],
    [1, 1],
    [3_000, 2],
    [60_000, 5],
  ] as const) {
    at.now += laterMs
    expect(left('first')).toBe(rest)
  }
  expect(open({ perMinute: 0 }).left('first')).toBeNull()
})

test('[F2] the next turn stays when it is, however often it is asked for, and is over once it is taken', () => {
  const { waitMs, next, at } = open({ burst: 1, random: Math.random })
  next()
  const turnAt = at.now + waitMs('first')
  at.now += 1_000
  for (let nth = 0; nth < 100; nth += 1) expect(at.now + waitMs('first')).toBe(turnAt)
  next()
  expect(at.now).toBe(turnAt)
  expect(waitMs('first')).toBeGreaterThan(0)
})

test('[F2] a turn that is given back is the next one’s, and no more than that', () => {
  const { next, giveTurnBack, waitMs } = open({ burst: 1, random: Math.random })
  giveTurnBack('first')
  next()
  const before = waitMs('first')
  giveTurnBack('first')
  expect(waitMs('first')).toBe(0)
  next()
  expect(waitMs('first')).toBeGreaterThanOrEqual(3_000)
  expect(before).toBeGreaterThanOrEqual(3_000)
})

test('[F2] accounts do not wait for each other, and with 0 a minute nobody waits', () => {
  const { waitMs, next } = open({ burst: 1 })
  next('first')
  expect([waitMs('first'), waitMs('other')]).toEqual([3_000, 0])
  const unpaced = open({ perMinute: 0 })
  for (let nth = 0; nth < 100; nth += 1) expect(unpaced.next()).toBe(0)
})

test('[F2] whenever they are asked for, no minute has more turns than it may, and nobody waits longer than for those before', () => {
  const anyGaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 80 })
  const anyJitter = fc.double({ min: 0, max: 0.99, noNaN: true })
  fc.assert(
    fc.property(anyGaps, anyJitter, (gaps, drawn) => {
      const { next, at } = open({ random: () => drawn })
      let askedAt = at.now
      const turns = gaps.map((gap, nth) => {
        askedAt += gap
        at.now = Math.max(at.now, askedAt)
        next()
        expect(at.now - askedAt).toBeLessThanOrEqual(Math.max(0, nth - 4) * 3_000 + 1_500)
        return at.now
      })
      for (const turn of turns) {
        const inMinute = turns.filter(other => other >= turn && other < turn + minute)
        // Its own, those at once, and one that jitter moved into it.
        expect(inMinute.length).toBeLessThanOrEqual(20 + 5 + 1)
      }
    }),
  )
})
