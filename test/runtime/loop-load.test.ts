// How busy the loop of this process is.
import { expect, test } from 'vitest'
import { isBusy, watchLoopLoad } from '../../src/runtime/loop-load.ts'

const looksEveryMs = 200

async function workFor(ms: number, shareOfTime: number): Promise<void> {
  const until = performance.now() + ms
  while (performance.now() < until) {
    const pauseAt = performance.now() + 10 * shareOfTime
    while (performance.now() < pauseAt);
    await (shareOfTime === 1 ? new Promise(resolve => setImmediate(resolve)) : new Promise(resolve => setTimeout(resolve, 10)))
  }
}

test('[H1] a loop that always has work is busy, one that mostly waits is not, and what was long ago does not count', async () => {
  const load = watchLoopLoad()
  expect(isBusy(load())).toBe(false)
  await workFor(2 * looksEveryMs, 1)
  expect(load()).toBeGreaterThan(0.9)
  expect(isBusy(load())).toBe(true)
  await workFor(2 * looksEveryMs, 0.1)
  expect(load()).toBeLessThan(0.6)
  expect(isBusy(load())).toBe(false)
})
