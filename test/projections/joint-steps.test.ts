// Which partitions share a transaction, and what one of them can do to the others: nothing.
import { expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { type BatchStep, createJointSteps } from '../../src/projections/joint-steps.ts'
import { createPlaces, type Places } from '../../src/projections/places.ts'
import type { Placed } from '../../src/projections/projection.ts'
import type { PartitionTaken } from '../../src/projections/step.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const LONG_MS = 60_000

/** A transaction that the test ends. */
type Call = { partitions: readonly number[]; signal: AbortSignal; commit(): void; fail(error: unknown): void }

type Changed = {
  lingerMs?: number
  restMs?: number
  times?: number
  maxRecords?: number
  maxBytes?: number
  maxConcurrent?: number
  givesUp?: boolean
}
type Sharing = { projections?: readonly string[]; places?: Places }

type Offer = { records?: number; bytes?: number; alone?: boolean; topic?: string; signal?: AbortSignal }

function openWorld(
  { lingerMs = LONG_MS, restMs = 0, times = 4, ...limits }: Changed = {},
  { projections = ['counting'], places = createPlaces() }: Sharing = {},
) {
  const calls: Call[] = []
  const takeBatch = createJointSteps({
    projection: projections.join(' and '),
    places: onFree => places.share(projections, onFree),
    take: (steps, signal) =>
      new Promise((resolve, reject) => {
        const partitions = steps.map(step => step.partition)
        calls.push({ partitions, signal, commit: () => resolve(partitions.map(appliedAs)), fail: reject })
      }),
    pace: () => ({ lingerMs, restMs, restMsAlone: 0, times }),
    maxRecords: 1_000,
    maxBytes: 1_000_000,
    maxConcurrent: 4,
    givesUp: false,
    logger,
    ...limits,
  })
  return {
    calls,
    offer: (partition: number, of: Offer = {}) => {
      const step = stepOf(partition, of)
      return takeBatch(step, { alone: of.alone ?? false }, of.signal ?? never)
    },
    /** The partitions of every transaction so far; new ones have begun by the time it answers. */
    begun: async (count: number) => {
      await until(`${count} transactions`, () => calls.length >= count)
      return calls.map(call => call.partitions)
    },
  }
}

/** The answer tells whose it is. */
const appliedAs = (partition: number): readonly PartitionTaken[] => [
  { kind: 'applied', revision: BigInt(partition), owesLog: false },
]

function stepOf(partition: number, { records = 1, bytes = 1, topic = 'events' }: Offer): BatchStep {
  const event = anEvent('message.received')
  const placed: Placed = { event, position: { topic: 'wa.events', partition, nextOffset: 1n } }
  const advance = { topic, fromOffset: 0n, nextOffset: BigInt(records) }
  return {
    partition,
    revisions: [0n],
    advance,
    leftOut: [],
    placed: Array.from({ length: records }, () => placed),
    unplaced: new Set(),
    sizeBytes: bytes,
  }
}

it('[D2] a lone batch begins at once; what comes meanwhile goes together when it ends, and each has its own answer', async () => {
  const { offer, calls, begun } = openWorld()
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
  const { offer, begun } = openWorld({ lingerMs: 5 })
  void offer(0)
  void offer(1)
  expect(await begun(2)).toEqual([[0], [1]])
})

it('[D2] large batches do not linger, and no transaction has more records or bytes, nor do more run, than is allowed', async () => {
  const { offer, calls, begun } = openWorld({ maxConcurrent: 3, maxRecords: 500, maxBytes: 1_000 })
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

it('[D2] what fails together is taken one by one; who fails alone stays alone until a step of its own succeeds', async () => {
  const { offer, calls, begun } = openWorld()
  const first = offer(0)
  const [bad, good] = [offer(1), offer(2)]
  calls[0]?.commit()
  await first
  await begun(2)
  calls[1]?.fail(new RangeError('of somebody'))
  expect((await begun(4)).slice(2)).toEqual([[1], [2]])
  calls[2]?.fail(new RangeError('mine'))
  calls[3]?.commit()
  await expect(bad).rejects.toThrow('mine')
  expect(await good).toEqual(appliedAs(2))

  const busy = offer(0)
  const again = [offer(1), offer(2), offer(3)]
  expect((await begun(6)).slice(4)).toEqual([[0], [1]])
  calls[4]?.commit()
  calls[5]?.commit()
  expect((await begun(7))[6]).toEqual([2, 3])
  calls[6]?.commit()
  await Promise.all([busy, ...again])

  const last = [offer(0), offer(1), offer(2)]
  calls[7]?.commit()
  expect((await begun(9)).slice(7)).toEqual([[0], [1, 2]])
  calls[8]?.commit()
  await Promise.all(last)
})

it('[D2] of steps of several projections nothing is taken again: everybody is told, those that wait too, and comes by another way', async () => {
  const { offer, calls, begun } = openWorld({ givesUp: true, maxConcurrent: 1 })
  const first = offer(0)
  const others = [offer(1), offer(2)]
  calls[0]?.fail(new RangeError('of one of the projections'))
  await expect(first).rejects.toThrow('of one of the projections')
  for (const other of others) await expect(other).rejects.toThrow('of one of the projections')
  expect(calls).toHaveLength(1)
  void offer(1)
  expect((await begun(2))[1]).toEqual([1])
})

it('[D2] of steps of several projections one whose assignment ends takes no other partition with it: they are taken together again', async () => {
  const { offer, calls, begun } = openWorld({ givesUp: true, maxConcurrent: 1 })
  const ending = new AbortController()
  const first = offer(0)
  const ended = offer(1, { signal: ending.signal })
  const others = [offer(2), offer(3)]
  calls[0]?.commit()
  await first
  expect((await begun(2))[1]).toEqual([1, 2, 3])
  ending.abort(new Error('the assignment ended'))
  calls[1]?.fail(ending.signal.reason)
  await expect(ended).rejects.toThrow('the assignment ended')
  expect((await begun(3))[2]).toEqual([2, 3])
  calls[2]?.commit()
  expect(await Promise.all(others)).toEqual([2, 3].map(appliedAs))
})

it('[D2] a projection has so many transactions at once in all, alone and with fellows, and no fellow has fewer places for that', async () => {
  const places = createPlaces()
  const world = (...projections: readonly string[]) => openWorld({ maxConcurrent: 2, lingerMs: 1 }, { projections, places })
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

it('[D2] while Postgres is away, or its disk is full, everybody is told at once and nobody is taken apart for it', async () => {
  for (const code of ['unreachable', 'disk-full'] as const) {
    const { offer, calls, begun } = openWorld()
    const first = offer(0)
    const others = [offer(1), offer(2)]
    calls[0]?.commit()
    await first
    await begun(2)
    calls[1]?.fail(new DatabaseError(code, 'writing: refused'))
    for (const other of others) await expect(other).rejects.toThrow('refused')
    void offer(0)
    void offer(1)
    void offer(2)
    calls[2]?.commit()
    expect((await begun(4)).slice(2)).toEqual([[0], [1, 2]])
  }
})

it('[D2] partitions that are taken alone, more than there are places, keep no other from its turn', async () => {
  const { offer, calls, begun } = openWorld({ maxConcurrent: 4, lingerMs: 1 })
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
  const { offer, calls, begun } = openWorld({ maxConcurrent: 1 })
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
  const { offer, calls, begun } = openWorld()
  void offer(0)
  void offer(1)
  void offer(2, { alone: true })
  expect(calls.map(call => call.partitions)).toEqual([[0], [2]])
  calls[0]?.commit()
  calls[1]?.commit()
  expect((await begun(3))[2]).toEqual([1])
})

it('[D2] an assignment that ends while a transaction runs takes no other partition with it', async () => {
  const { offer, calls, begun } = openWorld()
  const ending = new AbortController()
  const first = offer(0)
  const ended = offer(1, { signal: ending.signal })
  const other = offer(2)
  calls[0]?.commit()
  await first
  expect((await begun(2))[1]).toEqual([1, 2])
  ending.abort(new Error('the assignment ended'))
  expect(calls[1]?.signal.aborted).toBe(true)
  calls[1]?.fail(ending.signal.reason)
  await expect(ended).rejects.toThrow('the assignment ended')
  expect((await begun(3)).slice(2)).toEqual([[2]])
  expect(calls[2]?.signal.aborted).toBe(false)
  calls[2]?.commit()
  expect(await other).toEqual(appliedAs(2))
})

it('[D2] an assignment that ends while its batch waits is told at once, though every place is taken, and shares no transaction', async () => {
  const { offer, calls, begun } = openWorld({ maxConcurrent: 1 })
  const ending = new AbortController()
  void offer(0)
  void offer(1)
  const ended = offer(2, { signal: ending.signal })
  void offer(3)
  ending.abort(new Error('the assignment ended'))
  await expect(ended).rejects.toThrow('the assignment ended')
  await expect(offer(4, { signal: ending.signal })).rejects.toThrow('the assignment ended')
  expect(calls).toHaveLength(1)
  calls[0]?.commit()
  expect((await begun(2))[1]).toEqual([1, 3])
})

it('[B6] history has transactions of its own, one at a time, and nobody who is live waits for its end, or rests for it', async () => {
  const { offer, calls, begun } = openWorld({ restMs: LONG_MS, times: LONG_MS })
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
