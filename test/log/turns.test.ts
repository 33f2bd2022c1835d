// Turns are given in order, to no more than allowed, and while a dependency is down to one probe only, whoever that is.
import { expect, test } from 'vitest'
import { createTurns } from '../../src/log/engine/turns.ts'

const never = new AbortController().signal
const start = { probing: false }
const down = (of: { probing?: boolean; delayMs?: number } = {}) => ({
  dependency: 'store',
  delayMs: 1,
  reason: 'no answer',
  probing: false,
  ...of,
})
const open = (maxConcurrency: number) => createTurns({ maxConcurrency, onChange: () => undefined })

test('turns come in the order they were asked for', async () => {
  const turns = open(1)
  await turns.enter(start, never)
  const order: string[] = []
  const waiting = ['a', 'b', 'c'].map(async name => {
    await turns.enter(start, never)
    order.push(name)
    turns.leave()
  })
  turns.leave()
  await Promise.all(waiting)
  expect(order).toEqual(['a', 'b', 'c'])
})

test('who stops waiting takes no turn', async () => {
  const turns = open(1)
  await turns.enter(start, never)
  const stopping = new AbortController()
  const gone = turns.enter(start, stopping.signal)
  const next = turns.enter(start, never)
  stopping.abort()
  turns.leave()
  expect([await gone, await next]).toEqual([false, true])
})

test('[C5] when the probe’s assignment ends another record probes, and when nobody is left everything resumes', async () => {
  const turns = open(4)
  const stopping = new AbortController()
  const first = turns.join(down({ delayMs: 60_000 }), stopping.signal)
  const second = turns.join(down(), never)
  const third = turns.join(down(), never)
  stopping.abort()
  expect([await first, await second]).toEqual(['stopped', 'probe'])
  expect(turns.paused()).toBe('store: no answer')
  turns.handOver('store')
  expect(await third).toBe('probe')
  turns.handOver('store')
  expect(turns.paused()).toBeNull()
  expect(await turns.enter(start, never)).toBe(true)
})

test('[C5] while a dependency is down only the probe gets a turn; its answer frees the others', async () => {
  const turns = open(4)
  expect(await turns.join(down(), never)).toBe('probe')
  const waiting = turns.join(down(), never)
  let entered = false
  const entering = turns.enter(start, never).then(() => {
    entered = true
  })
  expect(await turns.enter({ probing: true }, never)).toBe(true)
  expect(await turns.join(down({ probing: true }), never)).toBe('probe')
  expect(entered).toBe(false)
  turns.up('store')
  expect(await waiting).toBe('free')
  await entering
})
