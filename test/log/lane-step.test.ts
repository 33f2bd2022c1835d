// What follows a try at a record of a lane, for every result it can have, as a probe and as none.
import { describe, expect, test } from 'vitest'
import type { Result } from '../../src/log/engine/lane-attempt.ts'
import { laneStep, type Try } from '../../src/log/engine/lane-step.ts'

const NOW = 5_000
const record = { topic: 't', partition: 0, offset: 7n, key: 'k', value: null, headers: {}, recordedAt: 1 }
const tried = (of: Partial<Try> = {}): Try => ({ record, number: 2, firstFailedAt: null, probing: null, ...of })
const down = (dependency: string): Result => ({ kind: 'down', dependency, delayMs: 9, reason: 'no answer' })
const again = (costsAttempt: boolean): Result => ({ kind: 'again', delayMs: 3, reason: 'not yet', costsAttempt })

const results: readonly [string, Result, ReturnType<typeof laneStep>][] = [
  [
    'emitted: the record is finished',
    { kind: 'finished', as: 'emitted' },
    { answer: null, counted: 'emitted', next: { kind: 'finished' } },
  ],
  [
    'parked: the record is finished',
    { kind: 'finished', as: 'parked' },
    { answer: null, counted: 'parked', next: { kind: 'finished' } },
  ],
  ['over: nothing counts, the lane stops', { kind: 'over' }, { answer: null, counted: null, next: { kind: 'stopped' } }],
  [
    'halted: the lane stops, the partition too',
    { kind: 'halted', reason: 'no' },
    { answer: null, counted: null, next: { kind: 'halted', reason: 'no' } },
  ],
  [
    'again, at the cost of an attempt: the next number after a wait, and when it first failed',
    again(true),
    { answer: null, counted: 'retried', next: { kind: 'wait', delayMs: 3, attempt: { record, number: 3, firstFailedAt: NOW } } },
  ],
  [
    'again, at no cost: the same number after a wait',
    again(false),
    { answer: null, counted: 'retried', next: { kind: 'wait', delayMs: 3, attempt: { record, number: 2, firstFailedAt: NOW } } },
  ],
  [
    'down: it joins those who wait for the dependency',
    down('store'),
    {
      answer: null,
      counted: 'paused',
      next: { kind: 'join', down: { dependency: 'store', delayMs: 9, reason: 'no answer', probing: false } },
    },
  ],
]

describe('[C5] a try that is no probe and ends as', () => {
  for (const [title, result, expected] of results)
    test(title, () => {
      expect(laneStep(tried(), result, NOW)).toEqual(expected)
    })
})

describe('[C5] a probe of a dependency', () => {
  test('that finds it down still, answers nobody, and joins as the probe it is', () => {
    const { answer, next } = laneStep(tried({ probing: 'store' }), down('store'), NOW)
    expect([answer, next]).toMatchObject([null, { kind: 'join', down: { probing: true } }])
  })

  test('that finds another one down, says that its own is up, and joins the other’s line', () => {
    const { answer, next } = laneStep(tried({ probing: 'store' }), down('scanner'), NOW)
    expect([answer, next]).toMatchObject(['up', { kind: 'join', down: { dependency: 'scanner', probing: false } }])
  })

  test('whose assignment ended, is handed over', () => {
    expect(laneStep(tried({ probing: 'store' }), { kind: 'over' }, NOW).answer).toBe('hand-over')
  })

  for (const result of [{ kind: 'finished', as: 'parked' }, { kind: 'halted', reason: 'no' }, again(true)] as const)
    test(`that ends as ${result.kind}, says that it is up`, () => {
      expect(laneStep(tried({ probing: 'store' }), result, NOW).answer).toBe('up')
    })
})

test('[E7] when a record first failed is kept over its tries', () => {
  const { next } = laneStep(tried({ firstFailedAt: 10 }), again(true), NOW)
  expect(next).toMatchObject({ attempt: { firstFailedAt: 10 } })
})
