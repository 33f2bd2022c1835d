// Columns of text, as wide as their widest cell. Where a terminal is too narrow for that, cells of several words take several lines, and where
// that does not do, each cell has a line. What a cell says can neither break the line nor steer the terminal, and no word of it is cut off.
import { columnsOf, fitText } from './fit-terminal.ts'

type Rows = readonly (readonly string[])[]

export function textTable(head: readonly string[], rows: Rows, columns = columnsOf(process.stdout)): string {
  const shown = [head, ...rows].map(cells => cells.map(plainText))
  const widths = fittedWidths(shown, columns)
  return widths === null ? asCards(shown, columns) : shown.flatMap(cells => linesOf(cells, widths)).join('\n')
}

const GAP = 2
/** Of a column of several words; narrower ones cannot be read. */
const LEAST_WIDTH = 16

/** The widest give way first; null: even so they are too wide. */
function fittedWidths(shown: Rows, columns: number): readonly number[] | null {
  const each = (widthIn: (cell: string) => number): number[] =>
    (shown[0] ?? []).map((_, column) => shown.reduce((most, cells) => Math.max(most, widthIn(cells[column] ?? '')), 0))
  const [widths, words] = [each(widthOf), each(widestWord)]
  const least = widths.map((width, column) => Math.min(width, Math.max(LEAST_WIDTH, words[column] ?? 0)))
  let over = sum(widths) + GAP * (widths.length - 1) - columns
  if (sum(widths) - sum(least) < over) return null
  for (; over > 0; over--) {
    const widest = widths.reduce(
      (best, width, column) => (width > (least[column] ?? 0) && width > (widths[best] ?? 0) ? column : best),
      -1,
    )
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

const widestWord = (cell: string): number => cell.split(' ').reduce((most, word) => Math.max(most, widthOf(word)), 0)

function linesOf(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const broken = cells.map((cell, column) => wrapped(cell, widths[column] ?? 0))
  const height = broken.reduce((most, lines) => Math.max(most, lines.length), 1)
  return Array.from({ length: height }, (_, line) =>
    broken
      .map((lines, column) => padded(lines[line] ?? '', widths[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

function wrapped(cell: string, width: number): readonly string[] {
  if (widthOf(cell) <= width) return [cell]
  const lines: string[] = []
  for (const word of cell.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** One paragraph a row, its empty cells left out. */
function asCards([head = [], ...rows]: Rows, columns: number): string {
  const widest = head.reduce((most, name) => Math.max(most, widthOf(name)), 0)
  const card = (cells: readonly string[]) =>
    cells.flatMap((cell, index) => (cell === '' ? [] : [fitText(`${(head[index] ?? '').padEnd(widest)}  ${cell}`, columns)]))
  return rows.map(cells => card(cells).join('\n')).join('\n\n')
}

/** Names and reasons come from outside: no line breaks, no controls, nothing that turns the order of what follows. Emoji stay joined. */
export const plainText = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** Emoji and the scripts whose signs take two columns. */
const wide = /\p{Emoji_Presentation}|\uFE0F|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF01-\uFF60]/u

const widthOf = (text: string): number =>
  Array.from(graphemes.segment(text), ({ segment }) => (wide.test(segment) ? 2 : 1)).reduce((sum, one) => sum + one, 0)
