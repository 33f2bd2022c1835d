// A board as one picture: its panels where Grafana has them, drawn of what their queries answered over a stretch of time. The same answers make the same bytes.
import type { Answers, Moment } from '../boards/answers.ts'
import type { Board, Panel } from '../boards/board.ts'
import { COLUMNS, placesOf } from '../boards/places.ts'
import { type Box, drawPanel, type Named } from './draw-panel.ts'
import { fitted, type Svg, svg, words } from './svg.ts'

const COLUMN_PX = 50
const UNIT_PX = 18
const GAP_PX = 5
const WIDTH_PX = COLUMNS * COLUMN_PX + GAP_PX
const HEAD_PX = 62

export function drawBoard(board: Board, { seconds, moments, answers }: Answers): string {
  const places = placesOf(board)
  const panels = places.map(({ title, panel, place }) => {
    const box = boxOf(place)
    if (panel === null) return words(title, { x: box.x + 2, y: box.y + box.h - 3, class: 'row' })
    return drawPanel(box, { panel, series: seriesOf(panel, answers), seconds, moments })
  })
  const height = HEAD_PX + UNIT_PX * Math.max(...places.map(({ place }) => place.y + place.h)) + GAP_PX
  const size = { viewBox: `0 0 ${WIDTH_PX} ${height}`, width: WIDTH_PX, height }
  const ground = svg('rect', { width: WIDTH_PX, height, class: 'ground' })
  const drawn = [svg('style', {}, style), ground, ...headOf(board, moments, seconds), ...panels].filter(part => part !== '')
  return `${svg('svg', { xmlns: 'http://www.w3.org/2000/svg', role: 'img', ...size }, `\n${drawn.join('\n')}\n`)}\n`
}

const boxOf = ({ x, y, w, h }: Box): Box => ({
  x: x * COLUMN_PX + GAP_PX,
  y: HEAD_PX + y * UNIT_PX,
  w: w * COLUMN_PX - GAP_PX,
  h: h * UNIT_PX - GAP_PX,
})

/** Named by their labels, as legends are; of a query that was not asked there are none. */
const seriesOf = (panel: Panel, answers: Answers['answers']): readonly Named[] =>
  panel.queries.flatMap(({ query, legend = '' }) =>
    (answers.get(query.expr) ?? []).map(({ metric, values }) => ({
      ...{ metric, values },
      name: [legend, ...query.by.map(label => metric[label] ?? '')].filter(part => part !== '').join(' '),
    })),
  )

function headOf({ title }: Board, moments: readonly Moment[], seconds: number): readonly Svg[] {
  const told = moments.map(({ what, at }, nth) => `${nth + 1} (${at} s) ${what}`)
  const half = Math.ceil(told.length / 2)
  const lines = [told.slice(0, half), told.slice(half)].map(line => line.join(' · '))
  return [
    words(`${title}, over ${seconds} s of an incident. Drawn of its queries’ answers, not by Grafana.`, {
      x: 7,
      y: 20,
      class: 'head',
    }),
    ...lines.map((line, nth) => words(fitted(line, WIDTH_PX - 14, 10), { x: 7, y: 37 + nth * 14, class: 'small' })),
  ]
}

/** Whoever shows it says whether the ground is light or dark; each has colours of its own. */
const style = [
  'text{font-family:ui-sans-serif,system-ui,sans-serif;fill:#24292f}',
  '.head{font-size:14px;font-weight:600}.row{font-size:12px;font-weight:600}.title{font-size:11px;font-weight:600}',
  '.small{font-size:9px;fill:#57606a}.quiet{font-size:10px;fill:#6e7781}.number{font-size:19px;font-weight:600;fill:#1a7f37}',
  '.ground{fill:#f6f8fa}.panel{fill:#fff;stroke:#d0d7de}.grid{stroke:#d8dee4;fill:none}.mark{stroke:#8c959f;stroke-dasharray:2 3;fill:none}',
  '.line{fill:none;stroke-width:1.5}',
  '.c0{stroke:#0969da}.c1{stroke:#bc4c00}.c2{stroke:#1a7f37}.c3{stroke:#8250df}.c4{stroke:#bf3989}.c5{stroke:#9a6700}.c6{stroke:#0550ae}.c7{stroke:#57606a}',
  '.red{fill:#cf222e}',
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9da7b3}.quiet{fill:#8b949e}.number{fill:#3fb950}.ground{fill:#0d1117}.panel{fill:#161b22;stroke:#30363d}',
  '.grid{stroke:#2a3038}.mark{stroke:#6e7681}.c0{stroke:#58a6ff}.c1{stroke:#f0883e}.c2{stroke:#3fb950}.c3{stroke:#bc8cff}.c4{stroke:#f778ba}.c5{stroke:#d29922}.c6{stroke:#79c0ff}.c7{stroke:#8b949e}',
  '.red{fill:#ff7b72}}',
].join('\n')
