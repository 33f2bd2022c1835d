// What is finished of a partition is exactly what was said to be, in any order.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isFinished, withFinished } from '../../src/log/engine/finished-ranges.ts'
import type { Progress } from '../../src/log/log.ts'

const start = (nextOffset: bigint): Progress => ({ topic: 't', partition: 0, nextOffset, finished: [] })

test('[D2] whatever the order, an offset is finished when it was named or lies below the beginning, and ranges stay apart', () => {
  const aRange = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }))
  fc.assert(
    fc.property(fc.array(aRange, { maxLength: 40 }), fc.integer({ min: 0, max: 20 }), (ranges, begin) => {
      const named = new Set(Array.from({ length: begin }, (_, n) => n))
      let progress = start(BigInt(begin))
      for (const [from, length] of ranges) {
        for (let offset = from; offset < from + length; offset += 1) named.add(offset)
        progress = withFinished(progress, { from: BigInt(from), to: BigInt(from + length) })
      }
      for (let offset = 0; offset < 75; offset += 1) expect(isFinished(progress, BigInt(offset))).toBe(named.has(offset))
      let end = progress.nextOffset
      for (const { from, to } of progress.finished) {
        expect(from > end && to > from).toBe(true)
        end = to
      }
    }),
    { seed: 20_261_121, numRuns: 500 },
  )
})

test('[D2] nextOffset is one past the last offset up to which all is finished', () => {
  let progress = withFinished(start(0n), { from: 2n, to: 4n })
  expect(progress.nextOffset).toBe(0n)
  progress = withFinished(progress, { from: 0n, to: 2n })
  expect(progress).toEqual(start(4n))
  expect(withFinished(progress, { from: 1n, to: 3n })).toBe(progress)
})
