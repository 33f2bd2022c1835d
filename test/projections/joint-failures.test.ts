// Of batches that share a transaction one that fails, or whose assignment ends, takes no other with it, and everybody has an answer of their own.
import { expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { appliedAs, openWorld } from '../ground/projections/joint-world.ts'

const logger = collectLogLines()

it('[D2] what fails together is taken one by one; who fails alone stays alone until a step of its own succeeds', async () => {
  const { offer, calls, begun } = openWorld(logger)
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
  const { offer, calls, begun } = openWorld(logger, { givesUp: true, maxConcurrent: 1 })
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
  const { offer, calls, begun } = openWorld(logger, { givesUp: true, maxConcurrent: 1 })
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

it('[D2] while Postgres is away, or its disk is full, everybody is told at once and nobody is taken apart for it', async () => {
  for (const code of ['unreachable', 'disk-full'] as const) {
    const { offer, calls, begun } = openWorld(logger)
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

it('[D2] an assignment that ends while a transaction runs takes no other partition with it', async () => {
  const { offer, calls, begun } = openWorld(logger)
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
  const { offer, calls, begun } = openWorld(logger, { maxConcurrent: 1 })
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
