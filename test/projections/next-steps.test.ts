// When steps that share a transaction begin: at once where little is to be done, in larger ones where much is.
import { expect, it } from 'vitest'
import { type Limits, NO_REST, nextSteps, paceOf, restAfter, type Waiting } from '../../src/projections/next-steps.ts'

const limits: Limits = {
  lingerMs: 25,
  restMs: 25,
  restMsAlone: 0,
  times: 4,
  maxRecords: 1_000,
  maxBytes: 1_000_000,
  maxConcurrent: 4,
}
const waiting = (records = 1): Waiting => ({ alone: false, givesWay: false, sinceAt: 90, records, sizeBytes: 1 })
const ofHistory = (records = 100): Waiting => ({ ...waiting(records), givesWay: true })
const idle = { running: 0, runningAlone: 0, givingWay: 0, restsUntil: 0, nowAt: 100 }

it('[D2] after a transaction of one partition the next begins at once, after one of several it rests four times as long, and no longer than it may', () => {
  expect(restAfter({ partitions: 1, tookMs: 50 }, limits)).toBe(0)
  expect(restAfter({ partitions: 2, tookMs: 3 }, limits)).toBe(12)
  expect(restAfter({ partitions: 2, tookMs: 50 }, limits)).toBe(25)
})

it('[D2] while it rests those that share wait for more of them; a large batch, or one that is taken alone, does not', () => {
  const resting = { ...idle, restsUntil: 110 }
  expect(nextSteps([waiting()], idle, limits)).toEqual({ kind: 'take', steps: [waiting()] })
  expect(nextSteps([waiting()], resting, limits)).toEqual({ kind: 'wait', atMostMs: 10 })
  expect(nextSteps([waiting()], { ...resting, nowAt: 110 }, limits)).toEqual({ kind: 'take', steps: [waiting()] })
  expect(nextSteps([waiting(200)], resting, limits)).toEqual({ kind: 'take', steps: [waiting(200)] })
  const alone = { ...waiting(), alone: true }
  expect(nextSteps([waiting(), alone], resting, limits)).toEqual({ kind: 'take', steps: [alone] })
})

it('[D2] on a busy machine one partition rests too, and whatever is taken is taken in steps a few tenths of a second apart at most', () => {
  const busy = paceOf(true)
  expect(restAfter({ partitions: 1, tookMs: 5 }, busy)).toBe(100)
  expect(restAfter({ partitions: 2, tookMs: 500 }, busy)).toBe(200)
  expect(restAfter({ partitions: 1, tookMs: 5 }, paceOf(false))).toBe(0)
  const running = { ...idle, running: 1 }
  expect(nextSteps([waiting()], running, { ...limits, ...busy })).toEqual({ kind: 'wait', atMostMs: 190 })
  expect(nextSteps([waiting(200)], running, { ...limits, ...busy })).toEqual({ kind: 'take', steps: [waiting(200)] })
})

it('[D3] of steps that have a pace of their own none waits for more of them, whatever runs beside them', () => {
  const beside = { ...idle, running: 1, nowAt: waiting().sinceAt }
  expect(restAfter({ partitions: 4, tookMs: 500 }, NO_REST)).toBe(0)
  expect(nextSteps([waiting()], beside, { ...limits, ...NO_REST })).toEqual({ kind: 'take', steps: [waiting()] })
  expect(nextSteps([waiting()], beside, limits)).toEqual({ kind: 'wait', atMostMs: 25 })
})

it('[B6] what gives way shares with none of the others and goes behind them, and while they wait for more of them', () => {
  const both = [ofHistory(), waiting()]
  expect(nextSteps(both, idle, limits)).toEqual({ kind: 'take', steps: [waiting()] })
  expect(nextSteps(both, { ...idle, restsUntil: 110 }, limits)).toEqual({ kind: 'take', steps: [ofHistory()] })
  expect(nextSteps([ofHistory()], { ...idle, running: 1 }, limits)).toEqual({ kind: 'take', steps: [ofHistory()] })
})

it('[B6] nobody lingers for a transaction that gives way, and one runs at a time, of a moderate size', () => {
  const beside = { ...idle, running: 1, givingWay: 1 }
  expect(nextSteps([waiting()], beside, { ...limits, lingerMs: 200 })).toEqual({ kind: 'take', steps: [waiting()] })
  expect(nextSteps([ofHistory()], beside, limits)).toEqual({ kind: 'wait', atMostMs: null })
  const many = Array.from({ length: 5 }, () => ofHistory(90))
  expect(nextSteps(many, idle, limits)).toEqual({ kind: 'take', steps: many.slice(0, 2) })
})

it('[B6] what gives way is passed over for a second at most, and takes no place that is not there', () => {
  const overdue = { ...idle, nowAt: ofHistory().sinceAt + 1_000 }
  expect(nextSteps([waiting(), ofHistory()], overdue, limits)).toEqual({ kind: 'take', steps: [ofHistory()] })
  const full = { ...overdue, running: limits.maxConcurrent }
  expect(nextSteps([waiting(), ofHistory()], full, limits)).toEqual({ kind: 'wait', atMostMs: null })
})

it('[B6] what gives way and is taken alone, because its last step failed, goes alone', () => {
  const alone = { ...ofHistory(), alone: true }
  expect(nextSteps([alone, ofHistory()], idle, limits)).toEqual({ kind: 'take', steps: [alone] })
  expect(nextSteps([ofHistory(), alone, ofHistory()], idle, limits)).toEqual({
    kind: 'take',
    steps: [ofHistory(), ofHistory()],
  })
})
