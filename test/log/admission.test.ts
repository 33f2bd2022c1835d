// Lanes are admitted in order, to no more than allowed, and while a dependency is down to one probe only, whoever that is.
import { expect, test } from 'vitest'
import { createAdmission } from '../../src/log/engine/admission.ts'

const never = new AbortController().signal
const start = { probing: false }
const down = (of: { probing?: boolean; delayMs?: number } = {}) => ({
  dependency: 'store',
  delayMs: 1,
  reason: 'no answer',
  probing: false,
  ...of,
})
const open = (maxConcurrency: number) => createAdmission({ maxConcurrency, onChange: () => undefined })

test('lanes are admitted in the order they asked', async () => {
  const admission = open(1)
  await admission.enter(start, never)
  const order: string[] = []
  const waiting = ['a', 'b', 'c'].map(async name => {
    await admission.enter(start, never)
    order.push(name)
    admission.leave()
  })
  admission.leave()
  await Promise.all(waiting)
  expect(order).toEqual(['a', 'b', 'c'])
})

test('who stops waiting takes nobody’s place', async () => {
  const admission = open(1)
  await admission.enter(start, never)
  const stopping = new AbortController()
  const gone = admission.enter(start, stopping.signal)
  const next = admission.enter(start, never)
  stopping.abort()
  admission.leave()
  expect([await gone, await next]).toEqual([false, true])
})

test('[C5] when the probe’s assignment ends another record probes, and when nobody is left everything resumes', async () => {
  const admission = open(4)
  const stopping = new AbortController()
  const first = admission.join(down({ delayMs: 60_000 }), stopping.signal)
  const second = admission.join(down(), never)
  const third = admission.join(down(), never)
  stopping.abort()
  expect([await first, await second]).toEqual(['stopped', 'probe'])
  expect(admission.paused()).toBe('store: no answer')
  admission.handOver('store')
  expect(await third).toBe('probe')
  admission.handOver('store')
  expect(admission.paused()).toBeNull()
  expect(await admission.enter(start, never)).toBe(true)
})

test('[C5] while a dependency is down only the probe is admitted; its answer frees the others', async () => {
  const admission = open(4)
  expect(await admission.join(down(), never)).toBe('probe')
  const waiting = admission.join(down(), never)
  let entered = false
  const entering = admission.enter(start, never).then(() => {
    entered = true
  })
  expect(await admission.enter({ probing: true }, never)).toBe(true)
  expect(await admission.join(down({ probing: true }), never)).toBe('probe')
  expect(entered).toBe(false)
  admission.up('store')
  expect(await waiting).toBe('free')
  await entering
})
