// How fast a rebuild is filled follows from how late live records are, and 500 records are filled in each second however late they are.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFillPace, fillBegunAt, fillBounds, stepBesideLive } from '../../../src/projections/rebuild/fill-pace.ts'
import { adapted, isDue, type Signs, takenLate } from '../../../src/runtime/pace.ts'

const never = new AbortController().signal
const calm: Signs = { load: 0.1, lateMs: 0 }
const late: Signs = { load: 1, lateMs: 60_000 }

it('[D3] alone it takes a thousand a step; from the first live record on a fifth of a second of its pace, and again a thousand once none comes', async () => {
  let lateMs = 0
  let nowMs = 0
  const of = { lateMs: () => lateMs, quietMs: () => Number.POSITIVE_INFINITY, load: () => 1, monotonic: () => nowMs }
  const { pace, stepRecords } = createFillPace(of)
  expect(stepRecords()).toBe(1_000)
  await pace.take(1, never)
  expect(stepRecords()).toBe(1_000)
  lateMs = 5_000
  nowMs += 300
  await pace.take(1, never)
  for (let times = 0; times < 20; times++) {
    nowMs += 200
    await pace.take(stepRecords(), never)
  }
  expect(stepRecords()).toBe(125)
  lateMs = 0
  nowMs += 2_500
  expect(stepRecords()).toBe(1_000)
})

it('[D3] where something live was done a moment before it begins, its first step is a small one', () => {
  const of = { lateMs: () => 0, load: () => 0, monotonic: () => 10_000 }
  expect(createFillPace({ ...of, quietMs: () => 500 }).stepRecords()).toBe(125)
  expect(createFillPace({ ...of, quietMs: () => 2_001 }).stepRecords()).toBe(1_000)
})

it('[D3] beside live records a step is a fifth of a second of its pace, or what is due where that is more, and never more than 250', () => {
  const steps = [
    [625, 0],
    [1_000, 0],
    [1_250, 0],
    [100_000, 0],
    [625, 100],
    [625, 320],
    [625, 60_000],
  ] as const
  const at = (perSecond: number, lateMs: number) => stepBesideLive({ perSecond, freeAtMs: 0, adaptedAtMs: 0 }, lateMs)
  expect(steps.map(([perSecond, lateMs]) => at(perSecond, lateMs))).toEqual([125, 200, 250, 250, 125, 200, 250])
})

type Filled = { atMs: number; records: number }
type Course = {
  /** How many steps at once. */
  atOnce?: number
  tookMs(nth: number): number
  signs(atMs: number): Signs
  /** When something happens that is due then: later where nobody has time. */
  happensMs?(atMs: number): number
}
/** What is filled, and when. */
function filledUntil(endMs: number, { atOnce = 4, tookMs, signs, happensMs = atMs => atMs }: Course): Filled[] {
  const free = Array.from({ length: atOnce }, () => 0)
  const filled: Filled[] = []
  let state = fillBegunAt(0)
  for (let nth = 0; ; nth++) {
    const nowMs = Math.min(...free)
    if (nowMs > endMs) return filled
    if (isDue(state, nowMs)) state = adapted(state, { ...signs(nowMs), nowMs }, fillBounds)
    const records = stepBesideLive(state, nowMs)
    const atMs = happensMs(happensMs(Math.max(nowMs, state.freeAtMs)) + tookMs(nth))
    state = takenLate(state, records, nowMs)
    free[free.indexOf(nowMs)] = atMs
    filled.push({ atMs, records })
  }
}
const filledIn = (filled: readonly Filled[], [fromMs, untilMs]: readonly [number, number]): number =>
  filled.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).reduce((sum, { records }) => sum + records, 0)

/** At once, what a step takes at least and how much longer at most, and in what time there is what these seconds are to have. */
const courses = [
  { atOnce: 4, mostMs: 500, longerMs: 195, seconds: 1 },
  { atOnce: 1, mostMs: 100, longerMs: 95, seconds: 1 },
  { atOnce: 1, mostMs: 300, longerMs: 95, seconds: 2 },
]

it.each(courses)(
  '[D3] however late live records are 500 are filled in each second, and hardly more, $atOnce steps at once of up to $mostMs ms, of $seconds seconds',
  ({ atOnce, seconds, ...of }) => {
    const course = fc.record({
      leastMs: fc.integer({ min: 0, max: of.mostMs }),
      longerMs: fc.array(fc.integer({ min: 0, max: of.longerMs }), { minLength: 1, maxLength: 20 }),
      fromMs: fc.integer({ min: 6_000, max: 7_000 }),
    })
    fc.assert(
      fc.property(course, ({ leastMs, longerMs, fromMs }) => {
        const tookMs = (nth: number) => leastMs + (longerMs[nth % longerMs.length] ?? 0)
        const filled = filledUntil(20_000, { atOnce, tookMs, signs: atMs => (atMs < 1_000 ? calm : late) })
        for (let from = fromMs; from < 18_000; from += seconds * 1_000) {
          const records = filledIn(filled, [from, from + seconds * 1_000])
          expect(records).toBeGreaterThanOrEqual(500 * seconds)
          expect(records).toBeLessThanOrEqual(1_000 * seconds)
        }
      }),
    )
  },
)

it.each([4, 1])(
  '[D3] what nobody had time for is caught up once somebody has, a second of it and no more, %i steps at once',
  atOnce => {
    const stalled = (forMs: number) => {
      const happensMs = (atMs: number) => (atMs >= 8_000 && atMs < 8_000 + forMs ? 8_000 + forMs : atMs)
      return filledUntil(20_000, { atOnce, tookMs: () => 50, signs: () => late, happensMs })
    }
    expect(filledIn(stalled(900), [8_000, 10_000])).toBeGreaterThanOrEqual(1_125)
    expect(filledIn(stalled(5_000), [13_000, 14_000])).toBeLessThanOrEqual(2_000)
  },
)
