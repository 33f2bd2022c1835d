// Columns of text, as wide as their widest cell, or a line for each cell where a terminal is too narrow for that; what a cell says can
// neither break the line nor steer the terminal.
import { columnsOf, fitText } from './fit-terminal.ts'

export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = columnsOf(process.stdout),
): string {
  const shown = [head, ...rows].map(cells => cells.map(plainText))
  const widths = head.map((_, column) => shown.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? '')), 0))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd()
  const lines = shown.map(line)
  return lines.every(one => widthOf(one) <= columns) ? lines.join('\n') : asCards(shown, columns)
}

/** One paragraph a row, its empty cells left out. */
function asCards([head = [], ...rows]: readonly (readonly string[])[], columns: number): string {
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
