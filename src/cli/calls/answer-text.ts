// What zaplog answered, for people: a table of a list, a line for each field of one thing. Pure.
import { waitCell } from '../say-wait.ts'
import { textTable } from '../text-table.ts'
import { isRecord } from './call-request.ts'

type Row = Readonly<Record<string, unknown>>

/** `columns`: of a list; left out, all that its first row has. */
export function answerText(answer: unknown, columns: readonly string[] = []): string {
  if (!isRecord(answer)) return answer === null || answer === undefined ? 'done' : cellOf(answer)
  const list = listIn(answer)
  if (Object.keys(answer).length === 0) return 'done'
  return list === null ? fieldTable(answer) : listTable(list, columns)
}

/** Of an answer that is nothing else; null: it is more. */
function listIn({ nextCursor: _, ...answer }: Row): readonly Row[] | null {
  const [only, ...others] = Object.values(answer)
  return others.length === 0 && Array.isArray(only) && only.every(isRecord) ? only : null
}

function listTable(rows: readonly Row[], columns: readonly string[]): string {
  const [first] = rows
  if (first === undefined) return 'none'
  const head = columns.length > 0 ? columns : Object.keys(first)
  return textTable(
    head,
    rows.map(row => head.map(name => (name === 'waitsFor' && waitCell(row[name])) || cellOf(row[name]))),
  )
}

const fieldTable = (fields: Row): string =>
  textTable(
    ['field', 'value'],
    Object.entries(fields).map(([name, value]) => [name, cellOf(value)]),
  )

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
