// What is stored, of each kind of file: the table of files is walked through, so many pages at a time, by whoever asks again and again. A look costs
// the same however many files there are, and what it finds is whole once the walk is at the end of the table.
import type { Transaction } from '../../database/database.ts'
import { liveVersions } from '../go-live.ts'
import { readModelName } from './tables.ts'

/** Of 8 KiB, one after another: some 20,000 files. */
export const PAGES = 1_000

export type Kept = { files: number; bytes: number }
/** `table`: the one that is walked through; another one, of a version or a rebuild, is walked through from its beginning. */
export type Walk = { table: string; page: number; found: ReadonlyMap<string, Kept> }

/** By kind. `kept`: null until the end is reached; the next walk begins then. */
export async function walkKeptMedia(
  database: Pick<Transaction, 'query'>,
  walk: Walk | null,
  pages = PAGES,
): Promise<{ walk: Walk | null; kept: ReadonlyMap<string, Kept> | null }> {
  const { table, schema, end } = await readTable(database)
  const from = walk !== null && walk.table === table ? walk : { table, page: 0, found: new Map<string, Kept>() }
  const rows = await database.query<Kept & { kind: string }>(
    `select kind, count(*)::float8 as files, coalesce(sum(size_bytes), 0)::float8 as bytes from ${schema}.media
      where ctid >= '(${from.page},0)'::tid and ctid < '(${from.page + pages},0)'::tid and status = 'stored' group by kind`,
  )
  const found = added(from.found, rows)
  const page = from.page + pages
  return page >= end ? { walk: null, kept: found } : { walk: { table, page, found }, kept: null }
}

/** Keys of objects that are stored, of `most` files at most from some place of the table on; `at`: 0 is its beginning, 1 its end. */
export async function sampleKeptKeys(
  database: Pick<Transaction, 'query'>,
  { at, most }: { at: number; most: number },
): Promise<readonly string[]> {
  const { schema, end } = await readTable(database)
  const rows = await database.query<{ key: string; thumbnail_key: string | null }>(
    `select key, thumbnail_key from ${schema}.media
      where ctid >= '(${Math.floor(at * end)},0)'::tid and status = 'stored' and key is not null limit $1`,
    [most],
  )
  return rows.flatMap(row => [row.key, ...(row.thumbnail_key === null ? [] : [row.thumbnail_key])])
}

/** `end`: how many pages the table has. */
async function readTable(database: Pick<Transaction, 'query'>): Promise<{ table: string; schema: string; end: number }> {
  const [row] = await database.query<{ version: number; table: string; end: number }>(
    `select l.version, c.oid::text as "table", (pg_relation_size(c.oid) / current_setting('block_size')::integer)::integer as "end"
       from ${liveVersions} l join pg_class c on c.oid = to_regclass('read_model_' || l.version || '.media')
      where l.projection = '${readModelName}'`,
  )
  if (row === undefined) throw new Error('walking through the files that are kept: no version of the read model is live')
  return { table: row.table, schema: `read_model_${row.version}`, end: row.end }
}

function added(found: ReadonlyMap<string, Kept>, rows: readonly (Kept & { kind: string })[]): ReadonlyMap<string, Kept> {
  const sum = new Map(found)
  for (const { kind, files, bytes } of rows) {
    const before = sum.get(kind) ?? { files: 0, bytes: 0 }
    sum.set(kind, { files: before.files + files, bytes: before.bytes + bytes })
  }
  return sum
}
