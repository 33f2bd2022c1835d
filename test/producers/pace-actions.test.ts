// How fast an account does what becomes no message, by a clock of the test.
import { expect, test } from 'vitest'
import { createActionPace } from '../../src/producers/commands/pace-actions.ts'

function open({ perMinute = 20, burst = 5 } = {}) {
  const at = { now: 1_000_000 }
  const pace = createActionPace({ perMinute, burst, clock: () => at.now })
  const turnIn = (nth: number, instanceId = 'first') => pace.turnIn({ instanceId, commandId: `${nth}` })
  return { at, turnIn }
}

test('[F2] as many as may go at once go at once, however closely they ask, and those after them one by one', () => {
  const { turnIn } = open()
  expect(Array.from({ length: 8 }, (_, nth) => turnIn(nth))).toEqual([0, 0, 0, 0, 0, 3_000, 6_000, 9_000])
})

test('[F2] a command has the turn that it was given first, however often it asks, and takes none from the others', () => {
  const { turnIn, at } = open({ burst: 1 })
  turnIn(0)
  expect([turnIn(1), turnIn(2)]).toEqual([3_000, 6_000])
  for (let nth = 0; nth < 100; nth += 1) expect([turnIn(1), turnIn(2)]).toEqual([3_000, 6_000])
  at.now += 3_000
  expect([turnIn(1), turnIn(2), turnIn(3)]).toEqual([0, 3_000, 6_000])
})

test('[F2] one that is tried again takes another turn', () => {
  const { turnIn } = open({ burst: 1 })
  expect([turnIn(0), turnIn(0)]).toEqual([0, 3_000])
})

test('[F2] accounts do not wait for each other, and without a pace nobody waits', () => {
  const { turnIn } = open({ burst: 1 })
  turnIn(0)
  expect(turnIn(1, 'second')).toBe(0)
  const unpaced = open({ perMinute: 0 })
  expect(Array.from({ length: 100 }, (_, nth) => unpaced.turnIn(nth))).toEqual(Array.from({ length: 100 }, () => 0))
})
