// What can wait goes at a pace that follows how late others are: fewer while they are, more while they have time, and always some.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watchLateness } from '../../src/runtime/lateness.ts'
import { adapted, begunAt, createPace, isDue, type PaceState, taken } from '../../src/runtime/pace.ts'

const never = new AbortController().signal
const monotonic = () => performance.now()
const bounds = { least: 200, most: 2_000 }
const calm = { load: 0.2, lateMs: 5 }
const late = { load: 0.2, lateMs: 500 }
const busy = { load: 0.9, lateMs: 5 }

const begun = begunAt(bounds)
const after = (signs: typeof calm, times: number, from: PaceState = begun): PaceState =>
  Array.from({ length: times }).reduce<PaceState>((state, _, n) => adapted(state, { ...signs, nowMs: n * 200 }, bounds), from)

test('[B6] it begins with the least, gets a step faster each time others have time, and is never faster than it may', () => {
  expect(begun.perSecond).toBe(200)
  expect(after(calm, 1).perSecond).toBe(300)
  expect(after(calm, 10).perSecond).toBe(1_200)
  expect(after(calm, 100).perSecond).toBe(2_000)
})

test('[B6] where others are late, or the loop is busy, it is half as fast at once; in between it stays as it is', () => {
  const fast = after(calm, 100)
  expect(after(late, 1, fast).perSecond).toBe(1_000)
  expect(after(busy, 1, fast).perSecond).toBe(1_000)
  expect(after({ load: 0.75, lateMs: 100 }, 50, fast).perSecond).toBe(2_000)
  expect(after(late, 50, fast).perSecond, 'it goes on').toBe(200)
})

test('[B6] what it does to others is looked at a few times a second', () => {
  expect(isDue(begun, 0)).toBe(true)
  const { adaptedAtMs } = after(calm, 1)
  expect(isDue({ ...begun, adaptedAtMs }, adaptedAtMs + 199)).toBe(false)
  expect(isDue({ ...begun, adaptedAtMs }, adaptedAtMs + 200)).toBe(true)
})

const aMoment = fc.record({
  load: fc.double({ min: 0, max: 1, noNaN: true }),
  lateMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  laterMs: fc.integer({ min: 0, max: 5_000 }),
  count: fc.integer({ min: 0, max: 500 }),
})

test('[B6] whatever others say, it ends as the least would at the latest, and no second has more than the most beside what was taken at once', () => {
  fc.assert(
    fc.property(fc.array(aMoment, { maxLength: 60 }), moments => {
      let [state, nowMs, all, workedMs] = [begun, 0, 0, 0]
      for (const { laterMs, count, ...signs } of moments) {
        nowMs += laterMs
        if (isDue(state, nowMs)) state = adapted(state, { ...signs, nowMs }, bounds)
        expect(state.perSecond).toBeGreaterThanOrEqual(bounds.least)
        expect(state.perSecond).toBeLessThanOrEqual(bounds.most)
        const beginsMs = Math.max(nowMs, state.freeAtMs)
        state = taken(state, count, nowMs)
        nowMs = beginsMs
        all += count
        workedMs += state.freeAtMs - beginsMs
      }
      expect(workedMs).toBeLessThanOrEqual((all / bounds.least) * 1_000 + 1e-6)
      expect(workedMs).toBeGreaterThanOrEqual((all / bounds.most) * 1_000 - 1e-6)
    }),
  )
})

test('[B6] so many a second go on, of all who ask together', async () => {
  const pace = createPace({ bounds: { least: 10_000, most: 10_000 }, signs: () => calm, monotonic })
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: 5 }, () => pace.take(500, never)))
  // The first goes at once, each later one when those before it have had their time; a timer counts in whole milliseconds, of two clocks.
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(200 - 2)
})

test('[B6] it asks how late others are when that is due, and not with each turn', async () => {
  let [asked, nowMs] = [0, 0]
  const signs = () => {
    asked += 1
    return calm
  }
  const pace = createPace({ bounds: { least: 1_000_000, most: 1_000_000 }, signs, monotonic: () => nowMs })
  for (const at of [0, 100, 199, 200, 300, 450]) {
    nowMs = at
    await pace.take(1, never)
  }
  expect(asked).toBe(3)
})

test('[B6] [H6] who waits for a turn ends with its signal', async () => {
  const stop = new AbortController()
  const pace = createPace({ bounds: { least: 1, most: 1 }, signs: () => calm, monotonic })
  await pace.take(1_000_000, never)
  const waiting = pace.take(1, stop.signal)
  stop.abort(new Error('told to stop'))
  await expect(waiting).rejects.toThrow('told to stop')
})

test('[B6] [G1] how late live work was at worst is said once, to each who asks', () => {
  const lateness = watchLateness()
  const another = lateness.another()
  for (const ms of [20, 300, 40]) lateness.note(ms)
  expect([lateness.worstMs(), lateness.worstMs()]).toEqual([300, 0])
  expect([another(), another()]).toEqual([300, 0])
})

test('[G1] for how long nothing live was done is known, and that nothing ever was', () => {
  let now = 1_000
  const lateness = watchLateness(() => now)
  expect(lateness.quietMs()).toBe(Number.POSITIVE_INFINITY)
  lateness.note(0)
  now += 250
  expect(lateness.quietMs()).toBe(250)
})
