// One panel as Grafana would show it, drawn of what its queries answered: lines over time, the last values, or a table of them.
import type { Moment, Series } from '../boards/answers.ts'
import type { Panel } from '../boards/board.ts'
import { sayValue, unitBeside } from './say-value.ts'
import { fitted, polyline, type Svg, svg, words } from './svg.ts'

/** In pixels. */
export type Box = { x: number; y: number; w: number; h: number }
/** `series`: of all its queries. */
export type Drawn = { panel: Panel; series: readonly Named[]; seconds: number; moments: readonly Moment[] }
export type Named = Series & { name: string }

/** Names of classes: each is a colour of its own in light and in dark. */
const LINE_COLOURS = 8
const MOST_IN_LEGEND = 4
const SMALL = 9
const INSIDE = 6

export function drawPanel(box: Box, drawn: Drawn): Svg {
  const { panel, series } = drawn
  const title = words(fitted(panel.title, box.w - 2 * INSIDE, 11), { x: box.x + INSIDE, y: box.y + 15, class: 'title' })
  const frame = svg('rect', { x: box.x, y: box.y, width: box.w, height: box.h, rx: 3, class: 'panel' })
  const inner = { x: box.x + INSIDE, y: box.y + 22, w: box.w - 2 * INSIDE, h: box.h - 22 - INSIDE }
  if (series.every(({ values }) => values.every(value => value === null)))
    return frame + title + words('no series', { x: inner.x, y: inner.y + 12, class: 'quiet' })
  const draw = { lines: drawLines, number: drawNumbers, table: drawTable }[panel.shows ?? 'lines']
  return frame + title + draw(inner, drawn)
}

/** The last value of each, and what the worst was where that is another. */
function drawNumbers(box: Box, { panel, series }: Drawn): Svg {
  const unit = unitOf(panel)
  const width = box.w / series.length
  return series
    .map(({ name, values }, nth) => {
      const last = lastOf(values)
      const worst = worstOf(panel, values)
      const x = box.x + nth * width
      const wasWorse = worst !== null && worst !== last ? `was ${sayValue(worst, unit)}` : ''
      return [
        words(last === null ? '–' : sayValue(last, unit), {
          x,
          y: box.y + 15,
          class: isRed(panel, last) ? 'number red' : 'number',
        }),
        words(fitted(wasWorse, width, SMALL), { x, y: box.y + 26, class: isRed(panel, worst) ? 'small red' : 'small' }),
        words(fitted(name, width - 3, SMALL), { x, y: box.y + 37, class: 'small' }),
      ].join('')
    })
    .join('')
}

/** Each series that there was, with its last value, or that it is gone. */
function drawTable(box: Box, { panel, series }: Drawn): Svg {
  const rows = Math.floor(box.h / 13)
  return series
    .slice(0, rows)
    .map(({ name, values }, nth) => {
      const last = values.at(-1) ?? null
      const says = last === null ? 'no more' : sayValue(last, unitOf(panel))
      const y = box.y + 10 + nth * 13
      return (
        words(fitted(name, box.w - 50, SMALL), { x: box.x, y, class: 'small' }) +
        words(says, { x: box.x + box.w, y, class: 'small', 'text-anchor': 'end' })
      )
    })
    .join('')
}

function drawLines(box: Box, { panel, series, seconds, moments }: Drawn): Svg {
  const unit = unitOf(panel)
  const shown = byGreatest(series)
  const legend = 11 * Math.min(MOST_IN_LEGEND, shown.length)
  const plot = { x: box.x + 44, y: box.y, w: box.w - 46, h: box.h - legend - 6 }
  const top = niceTop(Math.max(...shown.map(({ values }) => greatestOf(values))))
  const yOf = (value: number) => plot.y + plot.h - (Math.max(0, value) / top) * plot.h
  const scale = [0, top / 2, top].map(
    value =>
      svg('path', { d: `M${plot.x} ${Math.round(yOf(value))}h${plot.w}`, class: 'grid' }) +
      words(sayValue(value, unit), { x: plot.x - 4, y: yOf(value) + 3, class: 'small', 'text-anchor': 'end' }),
  )
  const marks = moments.map(({ at }) =>
    svg('path', { d: `M${Math.round(plot.x + (at / seconds) * plot.w)} ${plot.y}v${plot.h}`, class: 'mark' }),
  )
  const lines = shown.map(({ values }, nth) =>
    polyline(
      values.map((value, at) => (value === null ? null : [plot.x + (at / Math.max(1, values.length - 1)) * plot.w, yOf(value)])),
      { class: `line c${nth % LINE_COLOURS}` },
    ),
  )
  return [...scale, ...marks, ...lines.toReversed(), ...legendOf({ ...box, y: plot.y + plot.h + 13 }, shown, unit)].join('')
}

function legendOf(box: Box, shown: readonly Named[], unit: string): readonly Svg[] {
  const told = shown.length > MOST_IN_LEGEND ? shown.slice(0, MOST_IN_LEGEND - 1) : shown
  const others = shown.length - told.length
  const entries = told.map(({ name, values }, nth) => ({
    text: `${name || unitBeside(unit) || 'all'}, at most ${sayValue(greatestOf(values), unit)}${unitBeside(unit) === '' || name === '' ? '' : ` ${unitBeside(unit)}`}`,
    colour: `c${nth % LINE_COLOURS}`,
  }))
  return [...entries, ...(others > 0 ? [{ text: `and ${others} more`, colour: null }] : [])].map(({ text, colour }, nth) => {
    const y = box.y + nth * 11
    const swatch = colour === null ? '' : svg('path', { d: `M${box.x} ${Math.round(y - 3)}h8`, class: `line ${colour}` })
    return swatch + words(fitted(text, box.w - 14, SMALL), { x: box.x + 12, y, class: 'small' })
  })
}

const unitOf = ({ queries }: Panel): string => queries[0]?.query.unit ?? ''
const known = (values: Series['values']): readonly number[] => values.filter(value => value !== null)
const lastOf = (values: Series['values']): number | null => known(values).at(-1) ?? null
const greatestOf = (values: Series['values']): number => Math.max(0, ...known(values))

const worstOf = ({ redBelow }: Panel, values: Series['values']): number | null =>
  known(values).length === 0 ? null : redBelow === undefined ? greatestOf(values) : Math.min(...known(values))

const isRed = ({ redFrom, redBelow }: Panel, value: number | null): boolean =>
  value !== null && ((redFrom !== undefined && value >= redFrom) || (redBelow !== undefined && value < redBelow))

/** What is always 0 comes last; of equals the first by name. */
const byGreatest = (series: readonly Named[]): readonly Named[] =>
  series
    .filter(({ values }) => known(values).length > 0)
    .toSorted((a, b) => greatestOf(b.values) - greatestOf(a.values) || (a.name < b.name ? -1 : 1))

/** 1, 2 or 5 of its power of ten, and not below it. */
function niceTop(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5].find(step => step * power >= value) ?? 10)
}
