// The bare side of what fills the read model: the rows that came of events inserted once more, raw, into tables of the same columns and indexes,
// in batches as large as the runner's largest and over as many connections.
import type { Database } from '../src/database/database.ts'
import { expectEqual, secondsOf } from './measure.ts'

/** What the events of records.ts become. */
const tables = ['messages', 'chats', 'address_pairs', 'message_receipts', 'message_edits', 'media']
/** As the runner has them: its largest batch, and steps at once. */
const batchRows = 1_000
const stepsAtOnce = 4

export type BareInserts = {
  /** The rows that these events gave their present form, ready to be inserted. */
  prepare(eventIds: readonly string[]): Promise<void>
  /** Answers the seconds that it took. */
  insert(): Promise<number>
}

export async function openBareInserts(database: Database): Promise<BareInserts> {
  for (const table of tables) await database.query(`create table bare_${table} (like read_model_1.${table} including all)`)
  let prepared: readonly Prepared[] = []
  return {
    prepare: async eventIds => {
      prepared = await Promise.all(tables.map(table => prepareInsert(database, table, eventIds)))
    },
    insert: async () => {
      const seconds = await secondsOf(async () => {
        for (const one of prepared) await one.insert()
      })
      for (const { table, rows } of prepared) expectEqual(`bare ${table}`, await countOf(database, `bare_${table}`), rows)
      return seconds
    },
  }
}

type Prepared = { table: string; rows: number; insert(): Promise<void> }

async function prepareInsert(database: Database, table: string, eventIds: readonly string[]): Promise<Prepared> {
  await database.query(`truncate bare_${table}`)
  const columns = await database.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and attgenerated = '' order by attnum`,
    [`read_model_1.${table}`],
  )
  const names = columns.map(({ name }) => name).join(', ')
  const rows = await database.query<Record<string, string | null>>(
    `select ${columns.map(({ name }) => `${name}::text`).join(', ')} from ${table} where changed_by_event = any($1)`,
    [eventIds],
  )
  const arrays = columns.map(({ type }, at) => `$${at + 1}::${type}[]`).join(', ')
  const insert = (batch: typeof rows) =>
    database.query(
      `insert into bare_${table} (${names}) select * from unnest(${arrays})`,
      columns.map(({ name }) => batch.map(row => row[name])),
    )
  let taken = 0
  const work = async () => {
    while (taken < rows.length) {
      const from = taken
      taken += batchRows
      await insert(rows.slice(from, from + batchRows))
    }
  }
  return { table, rows: rows.length, insert: async () => void (await Promise.all(Array.from({ length: stepsAtOnce }, work))) }
}

async function countOf(database: Database, table: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::integer as count from ${table}`)
  return row?.count ?? 0
}
