// A bench's verdict is believed by whoever changes something for it: worse means worse, and noise is none.
import { expect, test } from 'vitest'
import { compare, comparisonTable, judge } from '../../bench/compare.ts'
import { type BenchResult, medianOf, readResults, sentence } from '../../bench/result.ts'

const quiet = { before: 0.01, during: 0.02 }

function result(name: string, spread: [number, number], more: Partial<BenchResult> = {}): BenchResult {
  const measured = { value: 100, unit: 'messages/s', bare: 200, n: 10, seconds: 1, ratios: spread }
  return { ...medianOf(name, [{ measured, load: quiet }]), ratio: spread[0], spread, ...more }
}

test('[B2] a line got worse where its whole spread lies beyond that of before, and in the direction that is worse', () => {
  expect(judge(result('a', [0.4, 0.5]), result('a', [0.3, 0.39]), 'higher')).toBe('worse')
  expect(judge(result('a', [0.4, 0.5]), result('a', [0.3, 0.41]), 'higher')).toBe('alike')
  expect(judge(result('a', [0.4, 0.5]), result('a', [0.51, 0.6]), 'higher')).toBe('better')
  expect(judge(result('a', [0.4, 0.5]), result('a', [0.51, 0.6]), 'lower')).toBe('worse')
  expect(judge(result('a', [0.4, 0.5]), result('a', [0.3, 0.39]), 'lower')).toBe('better')
})

test('[B2] lines that both files have are compared, each in its own direction', () => {
  const before = [result('receive-1', [0.4, 0.5]), result('start', [2, 3]), result('lanes', [1, 2])]
  const after = [result('start', [4, 5]), result('receive-1', [0.6, 0.7]), result('project', [1, 2])]
  expect(compare(before, after).map(({ name, verdict }) => [name, verdict])).toEqual([
    ['start', 'worse'],
    ['receive-1', 'better'],
  ])
})

test('[B2] a comparison says CPU and statements of both, and what was measured on a busy machine', () => {
  const before = result('receive-1', [0.4, 0.5], { cpuMs: { zaplog: 4, postgres: 2 }, statements: 12, load: null })
  const after = result('receive-1', [0.41, 0.5], {
    cpuMs: { zaplog: 1, postgres: 0.5 },
    statements: 3,
    load: { before: 0.1, during: 0.9 },
  })
  const [, line] = comparisonTable(compare([before], [after])).split('\n')
  expect(line).toMatch(/4 > 1 \(x0\.25\) +2 > 0\.5 \(x0\.25\) +12 > 3 \(x0\.25\) +alike \(busy machine\)$/)
  expect(sentence(after)).toContain('ON A BUSY MACHINE')
  expect(sentence(before)).not.toContain('BUSY')
})

test('[B2] what is said of several runs is the one in the middle, with the spread of all of their slices', () => {
  const run = (value: number, ratios: readonly number[]) => ({
    measured: { value, unit: 'messages/s', bare: 100, n: 10, seconds: 1, ratios },
    load: quiet,
  })
  const median = medianOf('receive-1', [run(30, [0.1, 0.5]), run(10, [0.05, 0.15]), run(20, [0.2, 0.2])])
  expect(median).toMatchObject({ value: 20, ratio: 0.2, runs: 3, spread: [0.1, 0.2] })
  expect(readResults(`${JSON.stringify(median)}\n\n`)).toEqual([median])
  expect(() => readResults('{"name": "receive-1"}')).toThrow('line 1')
})
