// Many rows of one table in one statement, whose text is the same whatever there is to insert.
import { asRows, type Write } from '../../database/statement-parts.ts'
import type { TableName } from './tables.ts'

/** Column names in snake_case; instants by `isoInstant`. What is left out is null. */
export type Row = Readonly<Record<string, unknown>>
export type Insert = (rows: readonly Row[]) => Write

/** Of one version's table, all the columns that rows may have; `onConflict` calls the row that is there `old`. */
export function insertInto(schema: string, name: TableName, columns: readonly string[], onConflict: string): Insert {
  const [table, list] = [`${schema}.${name}`, columns.join(', ')]
  const sql = `insert into ${table} as old (${list}) select ${list} from json_populate_recordset(null::${table}, $1::json) ${onConflict}`
  return rows => ({ sql, values: [asRows(rows)], isEmpty: rows.length === 0 })
}
