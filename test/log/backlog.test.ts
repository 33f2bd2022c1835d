// What is read and not finished of a partition: counted as it is read and finished, gaps done at once, what was done before not begun again.
import { expect, test } from 'vitest'
import { backlogFrom, roomBeside, withBatch, withoutRecord } from '../../src/log/engine/backlog.ts'
import type { LogRecord } from '../../src/log/log.ts'

const at = { topic: 't', partition: 0 }
const record = (offset: bigint): LogRecord => ({ ...at, offset, key: 'k', value: Buffer.alloc(9), headers: {}, recordedAt: 1 })
const batch = (fromOffset: bigint, offsets: readonly bigint[], nextOffset: bigint) => ({
  ...at,
  fromOffset,
  nextOffset,
  records: offsets.map(record),
})
const start = backlogFrom({ ...at, nextOffset: 0n, finished: [] })

test('[D2] gaps of the log are done at once, records only when they are finished', () => {
  const { backlog, begun } = withBatch(start, batch(0n, [2n, 4n], 6n))
  expect(begun.map(({ offset }) => offset)).toEqual([2n, 4n])
  expect(backlog.progress).toMatchObject({
    nextOffset: 2n,
    finished: [
      { from: 3n, to: 4n },
      { from: 5n, to: 6n },
    ],
  })
  const done = [record(4n), record(2n)].reduce(withoutRecord, backlog)
  expect(done).toEqual(backlogFrom({ ...at, nextOffset: 6n, finished: [] }))
})

test('[D2] what was finished before a move is not begun again', () => {
  const taken = backlogFrom({ ...at, nextOffset: 1n, finished: [{ from: 2n, to: 3n }] })
  const { backlog, begun } = withBatch(taken, batch(1n, [1n, 2n, 3n], 4n))
  expect(begun.map(({ offset }) => offset)).toEqual([1n, 3n])
  expect(backlog.unfinishedRecords).toBe(2)
})

test('what is unfinished leaves less room, and none once either limit is reached', () => {
  const { backlog } = withBatch(start, batch(0n, [0n, 1n], 2n))
  expect(roomBeside(backlog, { maxRecords: 5, maxBytes: 100 })).toEqual({ maxRecords: 3, maxBytes: 80 })
  expect(roomBeside(backlog, { maxRecords: 2, maxBytes: 100 })).toBeNull()
  expect(roomBeside(backlog, { maxRecords: 5, maxBytes: 20 })).toBeNull()
})
