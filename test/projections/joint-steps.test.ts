// Batches of a projection share transactions: what comes while one runs goes together, within its limits, the one that waits the longest first.
import { expect, it } from 'vitest'
import { createPlaces } from '../../src/projections/places.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { appliedAs, LONG_MS, openWorld } from '../ground/projections/joint-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()

it('[D2] a lone batch begins at once; what comes meanwhile goes together when it ends, and each has its own answer', async () => {
  const { offer, calls, begun } = openWorld(logger)
  const first = offer(0)
  expect(calls.map(call => call.partitions)).toEqual([[0]])
  const others = [offer(1), offer(2), offer(3)]
  expect(calls).toHaveLength(1)
  calls[0]?.commit()
  expect(await begun(2)).toEqual([[0], [1, 2, 3]])
  calls[1]?.commit()
  expect(await Promise.all([first, ...others])).toEqual([0, 1, 2, 3].map(appliedAs))
})

it('[D2] nobody waits longer than the linger for a slow transaction', async () => {
  const { offer, begun } = openWorld(logger, { lingerMs: 5 })
  void offer(0)
  void offer(1)
  expect(await begun(2)).toEqual([[0], [1]])
})

it('[D2] large batches do not linger, and no transaction has more records or bytes, nor do more run, than is allowed', async () => {
  const { offer, calls, begun } = openWorld(logger, { maxConcurrent: 3, maxRecords: 500, maxBytes: 1_000 })
  for (const partition of [0, 1, 2, 3, 4]) void offer(partition, { records: 300 })
  void offer(5, { bytes: 5_000 })
  void offer(6)
  expect(calls.map(call => call.partitions)).toEqual([[0], [1], [2]])
  for (const call of calls) call.commit()
  expect((await begun(5)).slice(3)).toEqual([[3], [4]])
  for (const call of calls) call.commit()
  expect((await begun(6))[5]).toEqual([5])
  calls[5]?.commit()
  expect((await begun(7))[6]).toEqual([6])
})

it('[D2] a projection has so many transactions at once in all, alone and with fellows, and no fellow has fewer places for that', async () => {
  const places = createPlaces()
  const world = (...projections: readonly string[]) =>
    openWorld(logger, { maxConcurrent: 2, lingerMs: 1 }, { projections, places })
  const [model, webhooks, both] = [world('model'), world('webhooks'), world('model', 'webhooks')]
  void both.offer(0)
  void model.offer(1, { alone: true })
  void model.offer(2, { alone: true })
  void both.offer(3)
  void webhooks.offer(4, { alone: true })
  expect(
    [both, model, webhooks].map(one => one.calls.length),
    'the model has two',
  ).toEqual([1, 1, 1])
  webhooks.calls[0]?.commit()
  await until('one place is free', () => places.taken(['webhooks']) === 1)
  expect(
    [both, model].map(one => one.calls.length),
    'none of the model’s',
  ).toEqual([1, 1])
  model.calls[0]?.commit()
  expect(await both.begun(2), 'whoever had a place waits for its next').toEqual([[0], [3]])
  expect(model.calls).toHaveLength(1)
  both.calls[0]?.commit()
  expect(await model.begun(2)).toEqual([[1], [2]])
})

it('[D2] partitions that are taken alone, more than there are places, keep no other from its turn', async () => {
  const { offer, calls, begun } = openWorld(logger, { maxConcurrent: 4, lingerMs: 1 })
  for (const partition of [1, 2, 3, 4, 5, 6]) void offer(partition, { alone: true })
  expect(calls.map(call => call.partitions)).toEqual([[1], [2], [3]])
  const healthy = offer(9)
  expect((await begun(4))[3], 'the place that is left').toEqual([9])
  calls[3]?.commit()
  expect(await healthy).toEqual(appliedAs(9))
  void offer(9)
  expect((await begun(5))[4]).toEqual([9])
  calls[0]?.commit()
  expect((await begun(6))[5]).toEqual([4])
})

it('[D2] who waits the longest comes first, alone or not', async () => {
  const { offer, calls, begun } = openWorld(logger, { maxConcurrent: 1 })
  void offer(0)
  void offer(1)
  void offer(2, { alone: true })
  void offer(3)
  calls[0]?.commit()
  expect((await begun(2))[1]).toEqual([1, 3])
  calls[1]?.commit()
  expect((await begun(3))[2]).toEqual([2])
})

it('[D2] a batch that is narrowed down shares its transaction with none', async () => {
  const { offer, calls, begun } = openWorld(logger)
  void offer(0)
  void offer(1)
  void offer(2, { alone: true })
  expect(calls.map(call => call.partitions)).toEqual([[0], [2]])
  calls[0]?.commit()
  calls[1]?.commit()
  expect((await begun(3))[2]).toEqual([1])
})

it('[B6] history has transactions of its own, one at a time, and nobody who is live waits for its end, or rests for it', async () => {
  const { offer, calls, begun } = openWorld(logger, { restMs: LONG_MS, times: LONG_MS })
  const old = offer(0, { topic: 'history' })
  const later = offer(1, { topic: 'history' })
  void offer(2, { topic: 'history' })
  const live = offer(3)
  expect(calls.map(call => call.partitions)).toEqual([[0], [3]])
  calls[0]?.commit()
  expect(await old).toEqual(appliedAs(0))
  expect((await begun(3))[2]).toEqual([1, 2])
  calls[1]?.commit()
  await live
  calls[2]?.commit()
  await later
  void offer(4)
  expect(calls.map(call => call.partitions).slice(3), 'after one of several partitions others would rest').toEqual([[4]])
})
