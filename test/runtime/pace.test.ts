// What can wait goes at a pace, and rests while the process' loop has no time.
import { expect, test } from 'vitest'
import { createPace } from '../../src/runtime/pace.ts'

const never = new AbortController().signal
const monotonic = () => performance.now()

test('[B6] so many a second go on, of all who ask together', async () => {
  const pace = createPace({ perSecond: 10_000, maxRestMs: 0, load: () => 0, monotonic })
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: 5 }, () => pace.take(500, never)))
  // The first goes at once, each later one when those before it have had their time; a timer counts in whole milliseconds, of two clocks.
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(200 - 2)
})

test('[B6] while the loop is busy nothing goes on; one that stays busy is shared with it all the same', async () => {
  let load = 1
  const looks: number[] = []
  const watched = () => {
    looks.push(load)
    if (looks.length === 4) load = 0
    return load
  }
  await createPace({ perSecond: 1_000_000, maxRestMs: 60_000, load: watched, monotonic }).take(1, never)
  expect(looks).toHaveLength(4)
  await createPace({ perSecond: 1_000_000, maxRestMs: 60, load: () => 1, monotonic }).take(1, never)
})

test('[B6] [H6] who waits for a turn ends with its signal', async () => {
  const stop = new AbortController()
  const pace = createPace({ perSecond: 1, maxRestMs: 0, load: () => 0, monotonic })
  await pace.take(1_000_000, never)
  const waiting = pace.take(1, stop.signal)
  stop.abort(new Error('told to stop'))
  await expect(waiting).rejects.toThrow('told to stop')
})
