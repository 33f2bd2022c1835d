// The rows of a zaplog's database as lines of JSON, and the names of the migrations that made their tables: a form that any later Postgres takes.
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../../src/database/migrate.ts'
import { openSession, type Session } from '../../src/database/session.ts'
import { createLogger } from '../../src/runtime/logger.ts'

export type PostgresDump = {
  migrations: string[]
  /** Rows as Postgres writes them: numbers and the text of json columns stay as they are. */
  tables: { name: string; columns: string[]; rows: string[] }[]
  /** null: never used. */
  sequences: readonly { name: string; last: string | null }[]
}

const MIGRATIONS = fileURLToPath(new URL('../../infra/postgres/migrations', import.meta.url))
const MIGRATIONS_TABLE = 'zaplog_migrations'
const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal

export async function dumpPostgres(url: string): Promise<PostgresDump> {
  const session = await open(url)
  try {
    const applied = await session.query<{ name: string }>(`select name from ${MIGRATIONS_TABLE} order by id`)
    const tables = await session.query<{ name: string; columns: string[] }>(
      `select ${wholeName} as name, array_agg(a.attname::text order by a.attnum) as columns
         from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname !~ '^(pg_|information_schema$)' and c.relkind = 'r' and c.relname <> $1
          and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        group by 1 order by 1`,
      [MIGRATIONS_TABLE],
    )
    const dump: PostgresDump = { migrations: applied.map(({ name }) => name), tables: [], sequences: [] }
    for (const { name, columns } of tables) {
      const rows = await session.query<{ row: string }>(
        `select row_to_json(r)::text as row from (select ${list(columns)} from ${name}) r`,
      )
      dump.tables.push({ name, columns, rows: rows.map(({ row }) => row) })
    }
    dump.sequences = await session.query<{ name: string; last: string | null }>(
      `select sequencename::text as name, last_value::text as last from pg_sequences
        where schemaname = 'public' and sequencename not like $1 || '%' order by 1`,
      [MIGRATIONS_TABLE],
    )
    return dump
  } finally {
    await session.close()
  }
}

/** Into an empty database: tables by the migrations of then, which never change, then their rows. */
export async function restorePostgres(url: string, { migrations, tables, sequences }: PostgresDump): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-kept-migrations-'))
  try {
    for (const name of migrations) await copyFile(join(MIGRATIONS, `${name}.sql`), join(directory, `${name}.sql`))
    await migrate({ url, logger, directory }, never)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  const session = await open(url)
  try {
    // rows come table by table, whatever refers to what
    await session.query(`set session_replication_role = 'replica'`)
    for (const { name, columns, rows } of tables) {
      await session.query(`delete from ${name}`) // what a migration wrote there
      await session.query(
        `insert into ${name} (${list(columns)}) overriding system value
         select ${list(
           columns.map(column => `r.${quoted(column)}`),
           false,
         )}
           from unnest($1::json[]) as line, json_populate_record(null::${name}, line) r`,
        [rows],
      )
    }
    for (const { name, last } of sequences)
      if (last !== null) await session.query('select setval($1::regclass, $2)', [name, last])
  } finally {
    await session.close()
  }
}

/** Outside of the schema of all others a table is called by its whole name. */
const wholeName = `case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end`

const open = (url: string): Promise<Session> =>
  openSession({ url, applicationName: 'kept fixture', statementTimeoutMs: 60_000 }, never)

const quoted = (name: string): string => `"${name}"`
const list = (names: readonly string[], quote = true): string => (quote ? names.map(quoted) : names).join(', ')
