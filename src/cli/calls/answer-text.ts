// What zaplog answered, for people: a table of a list, a line for each field of one thing that says something, with the lists in it below. Nothing
// is cut off; what is left out here is in --json. Pure.
import { waitCell } from '../say-wait.ts'
import { textTable } from '../text-table.ts'
import { toTheMinute } from '../to-the-minute.ts'
import { isRecord } from './call-request.ts'
import type { CallColumn } from './call-verb.ts'

type Row = Readonly<Record<string, unknown>>

/** `columns`: of a list; left out, all that its first row has. `width`: of the terminal, where it is another one. */
export function answerText(answer: unknown, columns: readonly CallColumn[] = [], width?: number): string {
  if (!isRecord(answer)) return answer === null || answer === undefined ? 'done' : cellOf(answer)
  const list = listIn(answer)
  return list === null ? thingText(answer, width) : listTable(list, columns, width)
}

/** Of an answer that is nothing else; null: it is more. */
function listIn({ nextCursor: _, ...answer }: Row): readonly Row[] | null {
  const [only, ...others] = Object.values(answer)
  return others.length === 0 ? rowsIn(only) : null
}

const rowsIn = (value: unknown): readonly Row[] | null => (Array.isArray(value) && value.every(isRecord) ? value : null)

/** A column that says nothing of any row is left out. */
function listTable(rows: readonly Row[], columns: readonly CallColumn[], width: number | undefined): string {
  const [first] = rows
  if (first === undefined) return 'none'
  const all = columns.length > 0 ? columns : Object.keys(first).map(name => ({ head: name, of: [name] }))
  const said = all.filter(column => rows.some(row => columnCell(row, column) !== ''))
  return textTable(
    said.map(({ head }) => head),
    rows.map(row => said.map(column => columnCell(row, column))),
    width,
  )
}

function columnCell(row: Row, { of }: CallColumn): string {
  const name = of.find(one => saysSome(row[one]))
  return name === undefined ? '' : listedCell(name, row[name])
}

const saysSome = (value: unknown): boolean => value !== null && value !== undefined && value !== ''

/** A list of things has no cell of its own: it is a table below. Of what says hardly anything it is said what says nothing. */
function thingText(thing: Row, width: number | undefined): string {
  const fields = fieldsIn(thing)
  const lists = fields.flatMap(([name, value]) => {
    const rows = rowsIn(value)
    return rows === null || rows.length === 0 ? [] : [`${name}:\n${listTable(rows, [], width)}`]
  })
  const said = fields.filter(([, value]) => rowsIn(value) === null)
  const shown = said.length + lists.length < LEAST_SAID ? Object.entries(thing) : said
  if (shown.length === 0 && lists.length === 0) return 'done'
  const cells = shown.map(([name, value]) => [name, rowsIn(value) === null ? cellOf(value) : 'none'])
  return [...(cells.length === 0 ? [] : [textTable(['field', 'value'], cells, width)]), ...lists].join('\n\n')
}

const LEAST_SAID = 2

/** By their names, those of what is in it by both. */
const fieldsIn = (thing: Row): readonly [name: string, value: unknown][] =>
  Object.entries(thing).flatMap(([name, value]): readonly [string, unknown][] => {
    if (isRecord(value)) return fieldsIn(value).map(([inner, said]) => [`${name}.${inner}`, said])
    return saysSome(value) ? [[name, value]] : []
  })

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every(one => typeof one === 'string')) return value.join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Of a table: an instant to the minute, a number as it is dialled; both can be typed as they stand. By its field: what people wrote stays as it is. */
function listedCell(name: string, value: unknown): string {
  const cell = cellOf(value)
  if (name === 'waitsFor') return waitCell(value) ?? cell
  if (/(^at|At)$/.test(name)) return toTheMinute(cell)
  return /(^pn|Pn|^id|Id)$/.test(name) ? cell.replace(/@s\.whatsapp\.net$/, '') : cell
}
