// A row's columns, each written once: what it is inserted with, what a query selects and what an answer says follow from one table.
// A column is called as the field of events and answers is, in snake_case.
import type { Row } from './insert-rows.ts'

/** What answers have: instants in ISO 8601, bigints as numbers. */
type Answered = {
  text: string
  flag: boolean
  integer: number
  bigint: number
  instant: string
  texts: readonly string[]
  /** Anything, also null. */
  json: unknown
}
export type Column<Event = never> = {
  is: keyof Answered
  nullable?: true
  /** What it says, for the API's description [what the schema says of the field]. */
  doc?: string
  /** Its first value [the event's field of its name, null where there is none]. */
  from?: (event: Event) => unknown
  /** In SQL, what answers are made of [the column]. */
  select?: string
}
export type Columns<Event = never> = Readonly<Record<string, Column<Event>>>
export type AnswerOf<Table extends Columns> = {
  [Name in keyof Table]: Answered[Table[Name]['is']] | (Table[Name] extends { nullable: true } ? null : never)
}

export const text = { is: 'text', nullable: true } as const
export const flag = { is: 'flag', nullable: true } as const
export const integer = { is: 'integer', nullable: true } as const
export const instant = { is: 'instant', nullable: true } as const
export const json = { is: 'json' } as const

/** For an insert, in the order of the table. */
export const columnsOf = (columns: Columns): readonly string[] => Object.keys(columns).map(columnOf)

/** To insert, of the event that makes the row; what is null is left out. */
export function rowMaker<Event extends Readonly<Record<string, unknown>>>(columns: Columns<Event>): (event: Event) => Row {
  const made = Object.entries(columns).map(([name, { from }]) => ({ name, column: columnOf(name), from }))
  return event => {
    const row: Record<string, unknown> = {}
    for (const { name, column, from } of made) {
      const value = from === undefined ? event[name] : from(event)
      if (value !== null && value !== undefined) row[column] = value
    }
    return row
  }
}

/** For `select`, under the names that answers have; `alias` is the row's. */
export const selectOf = (columns: Columns, alias: string): string =>
  Object.entries(columns)
    .map(([name, column]) => `${selected(name, column, alias)} as "${name}"`)
    .join(', ')

/** The same as one JSON object. */
export const jsonOf = (columns: Columns, alias: string): string =>
  `json_build_object(${Object.entries(columns)
    .map(([name, column]) => `'${name}', ${selected(name, column, alias)}`)
    .join(', ')})`

/** Of a row that was selected by `selectOf` or `jsonOf`, whatever else it has. */
export function answerOf<Table extends Columns>(columns: Table, row: Readonly<Record<string, unknown>>): AnswerOf<Table>
export function answerOf(columns: Columns, row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(columns).map(([name, { is }]) => [name, answered(is, row[name] ?? null)]))
}

function answered(is: keyof Answered, value: unknown): unknown {
  if (value === null) return null
  if (is === 'bigint') return Number(value)
  if (is !== 'instant') return value
  return (value instanceof Date ? value : new Date(String(value))).toISOString()
}

const selected = (name: string, { select }: Column, alias: string): string => select ?? `${alias}.${columnOf(name)}`

export const columnOf = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
