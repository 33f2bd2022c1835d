// Replays of one process share one pace: each is within its own rate, and all of them together slow down to a little while what is live is late.
import { expect, test } from 'vitest'
import { adaptedTo, boundsOf, createSharedPace, portionOf } from '../../src/replays/shared-pace.ts'
import { begunAt, type Signs, takenLate } from '../../src/runtime/pace.ts'

const never = new AbortController().signal
const calm: Signs = { load: 0.1, lateMs: 0 }
const late: Signs = { load: 0.1, lateMs: 1_000 }

type Gone = { atMs: number; records: number }

type Taking = { rates: readonly number[]; atOnce?: number; goesMs?: (atMs: number) => number }

/**
 * What goes, and when, where so many stretches of replays of these rates take portions all the time. `goesMs`: when what is due then goes.
 * `signs`: at that time.
 */
function goneUntil(endMs: number, { rates, atOnce = 1, goesMs = atMs => atMs }: Taking, signs: (atMs: number) => Signs): Gone[] {
  const bounds = boundsOf(rates)
  const asks = rates.flatMap(rate => Array.from({ length: atOnce }, () => ({ rate, atMs: 0 })))
  const gone: Gone[] = []
  let state = begunAt({ least: bounds.most / 10, most: bounds.most })
  for (;;) {
    const [next] = asks.toSorted((a, b) => a.atMs - b.atMs)
    if (next === undefined || next.atMs > endMs) return gone
    const nowMs = next.atMs
    state = adaptedTo(state, { nowMs, signs: () => signs(nowMs), bounds })
    const records = portionOf(next.rate, state.perSecond)
    next.atMs = goesMs(Math.max(nowMs, state.freeAtMs))
    gone.push({ atMs: next.atMs, records })
    state = takenLate(state, records, nowMs)
  }
}

const recordsIn = (gone: readonly Gone[], [fromMs, untilMs]: readonly [number, number]): number =>
  gone.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).reduce((sum, { records }) => sum + records, 0)

/** How many go in so many seconds, the first two of which are not counted. */
const goneIn = (seconds: number, rates: readonly number[], signs: Signs): number =>
  recordsIn(
    goneUntil(seconds * 1_000 + 2_000, { rates }, () => signs),
    [2_000, seconds * 1_000 + 2_000],
  )

test('[G1] while what is live is late all of them together have at least 500 a second, and hardly more, or a tenth of their rates where that is less', () => {
  for (const rates of [[100_000], [100_000, 100_000], [500, 100_000]]) {
    const gone = goneIn(100, rates, late)
    expect([rates, gone >= 50_000 && gone <= 65_000]).toEqual([rates, true])
  }
  const slow = goneIn(100, [100, 100], late)
  expect(slow).toBeGreaterThanOrEqual(1_900)
  expect(slow).toBeLessThanOrEqual(2_100)
})

test('[G1] while others have time they have their rates, and no more', () => {
  const gone = goneIn(100, [500, 1_000], calm)
  expect(gone).toBeGreaterThan(140_000)
  expect(gone).toBeLessThanOrEqual(150_000 + 300)
})

test('[G1] a portion is a fifth of a second of the pace, 1,000 at most, 50 at least or a tenth of a second of its rate', () => {
  const cases = [
    [100_000, 100_000, 1_000],
    [100_000, 2_500, 500],
    [100_000, 500, 100],
    [500, 100_000, 100],
    [100_000, 50, 50],
    [100, 10, 10],
    [1, 1, 1],
  ] as const
  for (const [rate, perSecond, portion] of cases)
    expect([rate, perSecond, portionOf(rate, perSecond)]).toEqual([rate, perSecond, portion])
})

test('[G1] while what is live is late there are 500 in each second, however fast it went before, and whatever goes side by side', () => {
  for (const rates of [[100_000], [100_000, 100_000], [500, 100_000]]) {
    const gone = goneUntil(33_000, { rates, atOnce: 4 }, atMs => (atMs < 2_000 ? calm : late))
    // Halved five times a second, it is at its least after two; what had its turn by then goes.
    const seconds = Array.from({ length: 26 }, (_, n) => recordsIn(gone, [6_000 + n * 1_000, 7_000 + n * 1_000]))
    expect([rates, Math.min(...seconds) >= 500, Math.max(...seconds) <= 750]).toEqual([rates, true, true])
  }
})

test('[G1] what nobody had time for is caught up once somebody has, a second of it and no more', () => {
  const stalled = (forMs: number) => {
    const goesMs = (atMs: number) => (atMs >= 8_000 && atMs < 8_000 + forMs ? 8_000 + forMs : atMs)
    return goneUntil(20_000, { rates: [100_000], goesMs }, () => late)
  }
  expect(recordsIn(stalled(900), [8_000, 10_000])).toBeGreaterThanOrEqual(1_125)
  expect(recordsIn(stalled(5_000), [13_000, 14_000])).toBeLessThanOrEqual(1_500)
})

test('[G1] it is faster within moments of when others have time again', () => {
  const gone = goneUntil(5_000, { rates: [100_000], atOnce: 4 }, atMs => (atMs < 3_000 ? late : calm))
  expect(recordsIn(gone, [4_000, 5_000])).toBeGreaterThan(10_000)
})

test('[G1] one that goes slowly is no faster because another may be fast, and an abort ends its waiting', async () => {
  const paces = createSharedPace({ signs: () => calm, monotonic: () => performance.now() })
  const [fast, slow] = [paces.join(100_000), paces.join(1)]
  await slow.take(100, never)
  await fast.take(1_000, never)
  const stop = new AbortController()
  const waiting = expect(slow.take(1, stop.signal)).rejects.toThrow('aborted')
  await fast.take(1_000, never)
  stop.abort()
  await waiting
  fast.leave()
  slow.leave()
})
