// Which migrations a database has and which of them this version knows; from what is applied follows who may work with it.
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'

export type ComparedMigrations = {
  /** Names of what a start would apply, in their order. */
  missing: readonly string[]
  /** Names of what a newer version has applied. */
  unknown: readonly string[]
  /** The number of the last migration of this version. */
  knows: number
  /** The number of the last migration that a process has to know in order to work with this database. 0: it has none yet. */
  runsFrom: number
}
type Marker = { name: string; runsFrom: number }

export const ownMigrations = fileURLToPath(new URL('../../infra/postgres/migrations', import.meta.url))
export const MIGRATIONS_TABLE = 'zaplog_migrations'

/** For whoever works with a database that has this version's migrations, or later ones. */
export const askRunsFrom = `select coalesce(max(runs_from), 0) as "runsFrom" from public.${MIGRATIONS_TABLE}`

/** Nothing is changed. */
export async function compareMigrations(client: pg.Client, directory = ownMigrations): Promise<ComparedMigrations> {
  const names = await readNames(directory)
  const knows = Math.max(0, ...names.map(numberOf))
  const { rows: tables } = await client.query<{ known: string | null }>(
    `select to_regclass('public.${MIGRATIONS_TABLE}') as known`,
  )
  if (tables[0]?.known == null) return { missing: names, unknown: [], knows, runsFrom: 0 }
  const { rows } = await client.query<{ name: string; runs_from: number | null }>(appliedMigrations)
  const applied = rows.map(({ name }) => name)
  return {
    missing: names.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !names.includes(name)),
    knows,
    runsFrom: Math.max(0, ...rows.map(({ name, runs_from }) => runs_from ?? numberOf(name))),
  }
}

/** Databases from before migration 0239 have no such column. */
const appliedMigrations = `select name, (to_jsonb(m) ->> 'runs_from')::integer as runs_from from public.${MIGRATIONS_TABLE} m order by id`

/** The number of the last migration of this version. */
export const readKnown = async (): Promise<number> => Math.max(...(await readNames(ownMigrations)).map(numberOf))

/** In their order. Throws where a first line is a marker that nobody knows. */
export const readMarkers = (directory: string, names: readonly string[]): Promise<readonly Marker[]> =>
  Promise.all(
    names.map(async name => ({ name, runsFrom: runsFromOf(name, await readFile(join(directory, `${name}.sql`), 'utf8')) })),
  )

const readNames = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).map(file => basename(file, '.sql')).toSorted()

/** 0239_beside: 239. */
export const numberOf = (name: string): number => Number(/^\d+/.exec(name)?.[0] ?? 0)

const MARKER = /^-- beside: *(.*)/

/**
 * What the first line says of processes that do not know the migration: `-- beside: all` leaves them running, `-- beside: 0250` those that know
 * 0250, and `-- beside: none`, or no such line, nobody. Throws where it says something else. Pure.
 */
export function runsFromOf(name: string, sql: string): number {
  const said = MARKER.exec(sql)?.[1]?.trim() ?? 'none'
  if (said === 'all') return 0
  if (said === 'none') return numberOf(name)
  if (/^\d{4}$/.test(said) && Number(said) < numberOf(name)) return Number(said)
  throw new Error(`reading migration ${name}: expected "-- beside: all", none, or the number of an earlier one, got ${said}`)
}

/** Whether the first line says anything of it. Pure. */
export const isMarked = (sql: string): boolean => MARKER.test(sql)
