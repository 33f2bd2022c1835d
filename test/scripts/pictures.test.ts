// Pictures of boards: what their queries answered is in them, the same answers make the same bytes, and every board has one that the documents show.
import { describe, expect, test } from 'vitest'
import { type Answers, readAnswers, type Series, writeAnswers } from '../../scripts/boards/answers.ts'
import type { Board } from '../../scripts/boards/board.ts'
import { boards } from '../../scripts/boards/boards.ts'
import { least, perSecond, value } from '../../scripts/boards/query.ts'
import { generatePictures } from '../../scripts/generate-pictures.ts'
import { drawBoard } from '../../scripts/pictures/draw-board.ts'
import { sayValue } from '../../scripts/pictures/say-value.ts'
import { readRoot } from '../ground/docker/compose-file.ts'

const up = least('zaplog_part_up', { by: ['part'] })
const appended = perSecond('zaplog_events_appended_total', { by: ['type'] })
const silent = value('zaplog_instances_silent')
const shared = { down: 'log', cli: 'zaplog status', tells: 'What it is.' } as const
const board: Board = {
  name: 'overview',
  title: 'A board <of three>',
  description: '',
  rows: [
    {
      title: 'A row',
      panels: [
        { ...shared, title: 'Parts', shows: 'number', redBelow: 1, queries: [{ query: up }] },
        { ...shared, title: 'Events', queries: [{ query: appended }] },
        { ...shared, title: 'Silent & still', shows: 'table', queries: [{ query: silent }] },
      ],
    },
  ],
}
const answered = (...answers: readonly (readonly [string, readonly Series[]])[]): Answers => ({
  seconds: 4,
  stepSeconds: 1,
  moments: [{ what: 'Kafka is killed', at: 2 }],
  answers: new Map(answers),
})
const parts: Series = { metric: { part: 'kafka' }, values: [1, 1, 0, 0, 1] }

const count = (text: string, part: string): number => text.split(part).length - 1
const linesOf = (picture: string): readonly string[] =>
  [...picture.matchAll(/<path d="([^"]+)" class="line c0"/g)].map(([, steps = '']) => steps)

describe('a picture', () => {
  test('[H2] says the last value, and the worst where that was another one', () => {
    const picture = drawBoard(board, answered([up.expr, [parts]]))
    expect(picture).toMatch(/class="number">up<.*class="small red">was away<.*>kafka</)
    expect(drawBoard(board, answered([up.expr, [{ ...parts, values: [1, 1, 1, 1, 1] }]]))).not.toContain('was away')
  })

  test('[H2] draws a line of the values, as high as they are, and none where there were none', () => {
    const series = { metric: { type: 'message.received' }, values: [0, 10, null, 5, 10] }
    const [line = ''] = linesOf(drawBoard(board, answered([appended.expr, [series]])))
    expect(count(line, 'M')).toBe(2)
    const heights = [...line.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))
    const [bottom = 0, top = 0, middle = 0, last = 0] = heights
    expect(heights).toHaveLength(4)
    expect(top).toBe(last)
    expect(top).toBeLessThan(bottom)
    expect(middle).toBeCloseTo((top + bottom) / 2, 0)
  })

  test('[H2] names the greatest first, says how many are left out, and says where a query answered nothing', () => {
    const many = Array.from({ length: 7 }, (_, n): Series => ({ metric: { type: `type-${n}` }, values: [n, n, n, n, n] }))
    const picture = drawBoard(board, answered([appended.expr, many]))
    expect(picture).toMatch(/type-6, at most 6.*type-5.*type-4.*and 4 more/)
    expect(count(picture, 'no series')).toBe(2)
  })

  test('[H2] is well-formed whatever is in names, marks what happened, and the same answers make the same bytes', () => {
    const of = answered([up.expr, [{ ...parts, metric: { part: '<"&>' } }]])
    const picture = drawBoard(board, of)
    expect(picture).toContain('A board &lt;of three&gt;')
    expect(picture).toContain('Silent &amp; still')
    expect(picture).toContain('&lt;&quot;&amp;&gt;')
    expect(picture).toContain('1 (2 s) Kafka is killed')
    expect(drawBoard(board, readAnswers(writeAnswers(of)))).toBe(picture)
  })

  test('[H2] says values in their unit', () => {
    const said = [
      sayValue(0.0042, 'seconds'),
      sayValue(90_000, 'seconds'),
      sayValue(2_048, 'bytes/s'),
      sayValue(0.123, 'share'),
      sayValue(3, 'files'),
    ]
    expect(said).toEqual(['4.2 ms', '25 h', '2 KiB/s', '12.3 %', '3'])
  })
})

test('[H2] answers are read as they were written, with what was absent', () => {
  const of = answered(
    [up.expr, [parts]],
    [silent.expr, []],
    [appended.expr, [{ metric: {}, values: [null, null, 1.5, null, 2] }]],
  )
  expect(readAnswers(writeAnswers(of))).toEqual(of)
})

test('[H2] every board has a picture of an incident in the documents, small enough to be looked at', () => {
  const pictures = generatePictures()
  const alerts = readRoot('docs/alerts.md')
  for (const { name } of boards) {
    const picture = pictures.get(`docs/boards/${name}.svg`) ?? ''
    expect(picture.length, name).toBeGreaterThan(5_000)
    expect(picture.length, name).toBeLessThan(120_000)
    expect(count(picture, 'class="line'), `${name} has lines`).toBeGreaterThan(5)
    expect(alerts).toContain(`](boards/${name}.svg)`)
  }
})
