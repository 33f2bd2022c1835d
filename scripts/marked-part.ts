// Documents of which a part is generated: what is between two marks.
import { readFileSync } from 'node:fs'

export const readOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

export function replaceBetween(text: string, path: string, [begin, end]: readonly [string, string], content: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path}: expected ${begin} and ${end}`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}
