// How long projections that failed together go alone.
import { expect, it } from 'vitest'
import { isApart, isOver, type Parting, parted, succeeded } from '../../src/projections/parting.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 300_000
/** It succeeds alone at once, and fails as soon as it is taken together again. */
function partAgain(before: Parting | undefined, nowAt: number): Parting {
  return succeeded(parted(before, nowAt), nowAt)
}

it('[D2] who fails whenever it is taken together is apart for twice as long each time, and never for longer than the longest', () => {
  const waits: number[] = []
  let nowAt = 0
  let parting: Parting | undefined
  for (let times = 0; times < 12; times += 1) {
    parting = partAgain(parting, nowAt)
    waits.push(parting.untilAt - nowAt)
    expect([isApart(parting, parting.untilAt - 1), isApart(parting, parting.untilAt)]).toEqual([true, false])
    nowAt = parting.untilAt
  }
  expect(waits).toEqual(Array.from({ length: 12 }, (_, times) => Math.min(FIRST_MS * 2 ** times, LONGEST_MS)))
})

it('[D2] nobody is taken together before it has succeeded alone, however long that takes', () => {
  const parting = parted(undefined, 0)
  expect(isApart(parting, 10 * LONGEST_MS)).toBe(true)
  expect(isApart(succeeded(parting, 10 * LONGEST_MS), 10 * LONGEST_MS)).toBe(false)
})

it('[D2] steps that began before the parting and fail behind it part nobody for longer', () => {
  const parting = parted(undefined, 0)
  expect(parted(parting, 1)).toEqual(parting)
  expect(parted(succeeded(parting, 2), 3)).toEqual(succeeded(parting, 2))
})

it('[D2] after as long together as apart it begins anew', () => {
  const second = partAgain(partAgain(undefined, 0), FIRST_MS)
  const together = second.untilAt
  expect(isOver(second, together + second.waitMs)).toBe(false)
  expect(isOver(second, together + second.waitMs + 1)).toBe(true)
  expect(parted(second, together + second.waitMs + 1).waitMs).toBe(FIRST_MS)
})
