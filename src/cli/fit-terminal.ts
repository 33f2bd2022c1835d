// Text for a terminal of some width: broken between words by us, so that the terminal breaks none. Pure.

/** For an output that is no terminal nothing is too wide. */
export const columnsOf = (output: { isTTY?: boolean; columns?: number }): number =>
  output.isTTY && output.columns ? output.columns : Number.POSITIVE_INFINITY

/** Every line keeps its indentation, which what was broken off it has too; words that are too long stay whole. */
export const fitText = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap(line => fitLine(line, columns))
    .join('\n')

function fitLine(line: string, columns: number): readonly string[] {
  if (line.length <= columns) return [line]
  const indentation = /^ */.exec(line)?.[0] ?? ''
  return fill(line.trim().split(/ +/), { columns, first: indentation, next: indentation, end: '' })
}

/** Text beside a label, and below itself where it is broken. The label is as wide as it is to be. */
export const fitBeside = (label: string, text: string, columns: number): string =>
  label + fitText(`${' '.repeat(label.length)}${text}`, columns).slice(label.length)

/** A command that can be pasted all the same: broken between its words, outside of quotes, with a backslash at each break. */
export function fitCommand(line: string, columns: number): string {
  if (line.length <= columns) return line
  const indentation = /^ */.exec(line)?.[0] ?? ''
  const words = line.trim().match(/(?:\\.|[^\s'"\\]+|'[^']*'|"(?:\\.|[^"\\])*")+/g) ?? []
  return fill(words, { columns, first: indentation, next: `${indentation}  `, end: ' \\' }).join('\n')
}

/** A screen of text and commands, which are the lines that begin with this. */
export const fitScreen = (lines: readonly string[], columns: number, command = '  '): readonly string[] =>
  lines.flatMap(line => (line.startsWith(command) ? fitCommand : fitText)(line, columns).split('\n'))

type Filling = { columns: number; first: string; next: string; end: string }

function fill(words: readonly string[], { columns, first, next, end }: Filling): readonly string[] {
  const lines: string[] = []
  let line = first
  for (const [index, word] of words.entries()) {
    const isEmpty = line.trim() === ''
    const longer = isEmpty ? line + word : `${line} ${word}`
    const room = index === words.length - 1 ? columns : columns - end.length
    if (isEmpty || longer.length <= room) line = longer
    else {
      lines.push(line + end)
      line = next + word
    }
  }
  return [...lines, line]
}
