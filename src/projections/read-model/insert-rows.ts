// Many rows in one statement, with whatever text people send: what Postgres cannot hold is replaced, never a reason to stop.
import type { TableName, Target } from './tables.ts'

/** Column names in snake_case; instants by `isoInstant`. Every row of one call has the same columns in the same order. */
export type Row = Readonly<Record<string, unknown>>

/** `onConflict` calls the row that is there `old`. Answers what `returning` asks for. */
export async function insertRows<Returned>(
  { tx, schema }: Target,
  name: TableName,
  rows: readonly Row[],
  onConflict: string,
): Promise<readonly Returned[]> {
  const [first] = rows
  if (first === undefined) return []
  const table = `${schema}.${name}`
  const columns = Object.keys(first).join(', ')
  return tx.query<Returned>(
    `insert into ${table} as old (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1::json) ${onConflict}`,
    [JSON.stringify(rows, withoutNul)],
  )
}

/** Postgres' text has no NUL. */
const withoutNul = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
