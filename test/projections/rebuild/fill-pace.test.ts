// How fast a rebuild is filled follows from how late live records are.
import { expect, it } from 'vitest'
import { createFillPace } from '../../../src/projections/rebuild/fill-pace.ts'

const never = new AbortController().signal

it('[D3] alone it takes a thousand a step; from the first live record on a hundred, and again a thousand once none comes', async () => {
  let lateMs = 0
  let nowMs = 0
  const { pace, stepRecords } = createFillPace({ lateMs: () => lateMs, load: () => 0, monotonic: () => nowMs })
  await pace.take(1, never)
  expect(stepRecords()).toBe(1_000)
  lateMs = 5
  nowMs += 300
  await pace.take(1, never)
  expect(stepRecords()).toBe(100)
  lateMs = 0
  nowMs += 2_500
  expect(stepRecords()).toBe(1_000)
})
