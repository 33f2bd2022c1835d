import { expect, it } from 'vitest'
import { coalesce, type Pace } from '../../src/runtime/coalesce.ts'
import { until } from '../ground/until.ts'

/** Node warns of timers in the past once in a process: heard from the beginning. */
const warned: string[] = []
process.on('warning', ({ name }) => void warned.push(name))

/** Each batch is on its way until it is told to come back. */
function batches(pace?: Pace) {
  const sent: (readonly number[])[] = []
  let back: (() => void) | null = null
  const call = coalesce(
    async (batch: readonly number[]) => {
      sent.push(batch)
      await new Promise<void>(resolve => {
        back = resolve
      })
      return batch.map(one => one * 2)
    },
    3,
    pace,
  )
  return { sent, call, comeBack: () => back?.() }
}

/** Whatever is ready to happen has. */
const settle = () => new Promise(resolve => setImmediate(resolve))

it('[E3] what is asked while a batch is on its way goes together in the next, in order, so many at once', async () => {
  const { sent, call, comeBack } = batches()
  const answers = [1, 2, 3, 4, 5].map(call)
  for (let nth = 0; nth < 3; nth += 1) {
    comeBack()
    await settle()
  }
  expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
  expect(sent).toEqual([[1], [2, 3, 4], [5]])
})

it('[E3] whoever comes first goes at once; after it, batches wait for those that may join, and no longer than until nobody may', async () => {
  let others = 2
  const { sent, call, comeBack } = batches({ gapMs: () => 3_600_000, mayOthersJoin: waiting => others > waiting })
  const first = call(1)
  expect(sent).toEqual([[1]])
  comeBack()
  await first
  const second = call(2)
  await settle()
  expect(sent).toHaveLength(1)
  const third = call(3)
  await settle()
  expect(sent).toEqual([[1], [2, 3]])
  comeBack()
  expect(await Promise.all([second, third])).toEqual([4, 6])
  others = 0
  const alone = call(4)
  await settle()
  expect(sent).toEqual([[1], [2, 3], [4]])
  comeBack()
  await alone
})

it('[E3] after a pause as long as the gap nobody waits for others', async () => {
  const { sent, call, comeBack } = batches({ gapMs: () => 1, mayOthersJoin: () => true })
  const first = call(1)
  comeBack()
  await first
  const began = performance.now()
  while (performance.now() - began < 2) await settle()
  const second = call(2)
  expect(sent).toEqual([[1], [2]])
  comeBack()
  await second
})

it('[E3] the gap after a batch is of its size and time', async () => {
  const told: { size: number; tookMs: number }[] = []
  const gapMs = (before: { size: number; tookMs: number }) => {
    told.push(before)
    return before.size === 1 ? 0 : 3_600_000
  }
  const { sent, call, comeBack } = batches({ gapMs, mayOthersJoin: () => true })
  const first = call(1)
  const began = performance.now()
  while (performance.now() - began < 2) await settle()
  const both = [call(2), call(3)]
  comeBack()
  await first
  expect(sent).toEqual([[1], [2, 3]])
  expect(told[0]?.tookMs).toBeGreaterThanOrEqual(2)
  comeBack()
  await Promise.all(both)
  void call(4)
  await settle()
  expect(told.map(one => one.size)).toEqual([1, 2])
  expect(sent).toHaveLength(2)
})

it('[E3] a batch that fails rejects every call in it, and the next is taken', async () => {
  let fails = true
  const call = coalesce(async (batch: readonly number[]) => {
    if (fails) throw new Error('away')
    return batch
  }, 10)
  const both = [call(1), call(2)]
  await expect(both[0]).rejects.toThrow('away')
  await expect(both[1]).rejects.toThrow('away')
  fails = false
  expect(await call(3)).toBe(3)
})

it('[E3] no wait is for less than no time, however little of the gap is left', async () => {
  // Each look at the clock finds most of what was left gone by.
  let at = 0
  const monotonic = () => {
    at += 0.75
    return at
  }
  const { sent, call, comeBack } = batches({ gapMs: () => 2, mayOthersJoin: () => true, monotonic })
  const first = call(1)
  comeBack()
  await first
  const second = call(2)
  await until('the second batch to be sent', () => sent.length === 2)
  comeBack()
  await second
  await settle()
  expect(warned).toEqual([])
})
