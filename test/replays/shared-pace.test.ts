// Replays of one process share one pace: each is within its own rate, and all of them together slow down to a little while what is live is late.
import { expect, test } from 'vitest'
import { boundsOf, createSharedPace, nextPiece } from '../../src/replays/shared-pace.ts'
import { begunAt, type Signs } from '../../src/runtime/pace.ts'

const never = new AbortController().signal
const calm: Signs = { load: 0.1, lateMs: 0 }
const late: Signs = { load: 0.1, lateMs: 1_000 }

/** How many go in so many seconds, the first two of which are not counted, where batches of so many wait all the time. */
function goneIn(seconds: number, rates: readonly number[], signs: Signs, batch = 1_000): number {
  const bounds = boundsOf(rates)
  let [state, nowMs, gone] = [begunAt({ least: bounds.most / 10, most: bounds.most }), 0, 0]
  while (nowMs < seconds * 1_000 + 2_000) {
    const next = nextPiece(state, { left: batch, nowMs, signs: () => signs, bounds })
    state = next.state
    nowMs = next.goesAtMs
    if (nowMs >= 2_000) gone += next.piece
  }
  return gone
}

test('[G1] while what is live is late all of them together have 500 a second, or a tenth of their rates where that is less', () => {
  for (const rates of [[100_000], [100_000, 100_000], [500, 100_000]]) {
    const gone = goneIn(100, rates, late)
    expect([rates, gone >= 49_000 && gone <= 56_000]).toEqual([rates, true])
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

test('[G1] a long batch hears within moments that others have time again', () => {
  const bounds = boundsOf([100_000])
  let [state, nowMs] = [begunAt({ least: 50, most: 50 }), 0]
  for (let left = 5_000; left > 0; ) {
    const signs = nowMs < 400 ? late : calm
    const next = nextPiece(state, { left, nowMs, signs: () => signs, bounds })
    state = next.state
    nowMs = next.goesAtMs
    left -= next.piece
  }
  expect(nowMs).toBeLessThan(2_000)
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
