// What many do at the same interval takes one timer, and none when nobody does it any more.
import { expect, test } from 'vitest'
import { createEvery } from '../../src/runtime/every.ts'
import { until } from '../ground/until.ts'

const timers = () => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
const HOUR_MS = 3_600_000

test('[H9] a thousand take one timer; each has its own end, and the last end stops it', () => {
  const before = timers()
  const every = createEvery(HOUR_MS)
  const call = () => undefined
  const stops = Array.from({ length: 1_000 }, () => every(call))
  expect(timers()).toBe(before + 1)
  for (const stop of stops.slice(1)) stop()
  stops[1]?.() // a second time is none
  expect(timers()).toBe(before + 1)
  stops[0]?.()
  expect(timers()).toBe(before)
  every(call)()
  expect(timers()).toBe(before)
})

test('[H9] each is called again and again, and no more once it ended, while it is called too', async () => {
  const every = createEvery(1)
  const calls = { once: 0, always: 0, before: 0 }
  const stopOnce = every(() => {
    calls.once += 1
    stopOnce()
  })
  const stopAlways = every(() => void calls.always++)
  every(() => void calls.before++)()
  await until('the one that goes on to have been called often', () => calls.always >= 5)
  stopAlways()
  expect(calls).toMatchObject({ once: 1, before: 0 })
})
