// Columns of text, as wide on a terminal as their widest cell; what a cell says can neither break the line nor steer the terminal.

export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = [head, ...rows].map(cells => cells.map(plainText))
  const widths = head.map((_, column) => shown.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? '')), 0))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd()
  return shown.map(line).join('\n')
}

/** Names and reasons come from outside: no line breaks, no controls, nothing that turns the order of what follows. Emoji stay joined. */
export const plainText = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** Emoji and the scripts whose signs take two columns. */
const wide = /\p{Emoji_Presentation}|\uFE0F|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF01-\uFF60]/u

const widthOf = (text: string): number =>
  Array.from(graphemes.segment(text), ({ segment }) => (wide.test(segment) ? 2 : 1)).reduce((sum, one) => sum + one, 0)
