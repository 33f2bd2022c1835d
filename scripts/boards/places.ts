// Where the panels of a board are: from the top, each row's side by side as they fit. What Grafana is given and what pictures are drawn by.
import type { Board, Panel } from './board.ts'

/** In columns, of 24, and in Grafana's units of height. */
export type Place = { x: number; y: number; w: number; h: number }
export type Placed = { title: string; panel: Panel | null; place: Place }

export const COLUMNS = 24
const HEIGHTS = { lines: 8, number: 4, table: 8 } as const

/** `panel` null: the head of a row. */
export function placesOf(board: Board): readonly Placed[] {
  let y = 0
  return board.rows.flatMap(row => {
    const head: Placed = { title: row.title, panel: null, place: { x: 0, y: y++, w: COLUMNS, h: 1 } }
    let x = 0
    let height = 0
    const panels = row.panels.map((panel): Placed => {
      const size = { w: panel.width ?? 8, h: HEIGHTS[panel.shows ?? 'lines'] }
      if (x + size.w > COLUMNS) [x, y, height] = [0, y + height, 0]
      const place = { x, y, ...size }
      x += size.w
      height = Math.max(height, size.h)
      return { title: panel.title, panel, place }
    })
    y += height
    return [head, ...panels]
  })
}
