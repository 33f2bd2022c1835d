// A bell: nobody who waits misses a ring, and nobody waits longer than was said.
import { expect, test } from 'vitest'
import { createBell } from '../../src/runtime/bell.ts'

const never = () => new AbortController().signal
const told = () => AbortSignal.abort(new Error('told to stop'))
/** After everything that was resolved by now has run. */
const allRun = () => new Promise(resolve => setImmediate(resolve))

test('[H6] whoever listens hears the next ring', async () => {
  const bell = createBell()
  const heard = bell.rung(never())
  bell.ring()
  expect(await heard).toBe(true)
})

test('[H6] a ring that nobody waits for is kept for the next who listens, once, however often it rang', async () => {
  const bell = createBell()
  bell.ring()
  bell.ring()
  expect(await bell.rung(never(), 60_000)).toBe(true)
  expect(await bell.rung(never(), 1)).toBe(false)
})

test('[H6] a ring that was heard is not kept', async () => {
  const bell = createBell()
  const heard = bell.rung(never())
  bell.ring()
  await heard
  expect(await bell.rung(never(), 1)).toBe(false)
})

test('[H6] a ring between hearing one and listening again is kept', async () => {
  const bell = createBell()
  const heard = bell.rung(never())
  bell.ring()
  await heard
  bell.ring()
  expect(await bell.rung(never(), 60_000)).toBe(true)
})

test('[H6] time that passes and an abort end the waiting without a ring', async () => {
  const bell = createBell()
  expect(await bell.rung(never(), 1)).toBe(false)
  expect(await bell.rung(told())).toBe(false)
  const stopping = new AbortController()
  const heard = bell.rung(stopping.signal)
  stopping.abort()
  expect(await heard).toBe(false)
})

test('[H6] a kept ring outlives who was told to stop', async () => {
  const bell = createBell()
  bell.ring()
  expect(await bell.rung(told())).toBe(false)
  expect(await bell.rung(never(), 60_000)).toBe(true)
})

test('[H6] a condition is looked at at once and after each ring, and any number may wait', async () => {
  const bell = createBell()
  let value = 0
  let looks = 0
  const reaches = (least: number) => () => {
    looks += 1
    return value >= least
  }
  expect(await bell.until(reaches(0), never())).toBe(true)
  const waiting = [1, 1, 2].map(least => bell.until(reaches(least), never()))
  value = 1
  await allRun()
  expect(looks).toBe(4) // nothing rang
  bell.ring()
  expect(await Promise.all(waiting.slice(0, 2))).toEqual([true, true])
  value = 2
  bell.ring()
  expect(await waiting[2]).toBe(true)
  expect(looks).toBe(8)
})

test('[H6] a condition that an abort comes before is not waited for, but one that holds is true', async () => {
  const bell = createBell()
  const stopping = new AbortController()
  const waiting = bell.until(() => false, stopping.signal)
  stopping.abort()
  expect(await waiting).toBe(false)
  expect(await bell.until(() => false, told())).toBe(false)
  expect(await bell.until(() => true, told())).toBe(true)
})

test('[H6] who waits for a condition takes no ring from the loop that listens', async () => {
  const bell = createBell()
  const heard = bell.rung(never())
  const waiting = bell.until(() => true, never())
  const other = bell.until(() => false, told())
  bell.ring()
  expect(await Promise.all([heard, waiting, other])).toEqual([true, true, false])
})
