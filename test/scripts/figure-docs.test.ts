// The table of figures says what was measured, and of what was not that it was not.
import { expect, test } from 'vitest'
import { medianOf } from '../../bench/result.ts'
import { figureTable } from '../../scripts/generate-figure-docs.ts'

const measured = (value: number, during: number) =>
  medianOf('receive-1', [
    {
      measured: {
        value,
        unit: 'messages/s',
        bare: 1_000,
        n: 100,
        seconds: 1,
        ratios: [0.4, 0.6],
        usage: { cpuMs: { zaplog: 1.5, postgres: 0.7, simulator: 9 }, bareCpuMs: { baileys: 0.5 }, statements: 4.25 },
      },
      load: { before: 0, during },
    },
  ])

test('[B2] a line has its rate, its spread, its CPU and its statements, as they were measured last', () => {
  const table = figureTable([measured(100, 0), measured(500, 0)])
  expect(table).toContain('| 500 messages/s | 1000 | 0.5 (0.4-0.6) | 1.5 + 0.7 | 4.25 |')
  expect(table).not.toContain('| 100 messages/s')
  expect(table).not.toContain('busy')
  expect(table).toMatch(/Not measured yet: .*`receive-50`/)
})

test('[B2] what was measured on a busy machine says so; a line of no bench is refused', () => {
  expect(figureTable([measured(500, 0.8)])).toContain('on a busy machine')
  expect(() => figureTable([{ ...measured(500, 0), name: 'receive-2' }])).toThrow('there is no bench receive-2')
})
