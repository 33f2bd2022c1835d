// Walks through all sealed values, page by page, and seals anew what is not under the key that seals now. A value is replaced only while it is what
// was read, and no row is waited for: whoever writes at that moment writes with a key of its own, and the next walk finds what that was.
import { HEAD_BYTES, headOf, keyIdOf, SealError, type Sealer } from '../runtime/seal.ts'
import type { Database } from './database.ts'
import { type SealedColumn, type SealedPage, type SealedPlace, UnknownPlace, unmarked, type WalkSealed } from './sealed-column.ts'

type Deps = { database: Pick<Database, 'query'>; sealer: Sealer; pageRows?: number }
/** `head` null: the row has no value. */
type Row = { key: readonly string[]; head: Buffer | null; bytes: number }

/** Of one table, whose values are not read yet; rows without a value count, so that no page looks for long, however few there are. */
const PAGE_ROWS = 1_000
/** Values that are in memory at once. */
const CHUNK = { rows: 200, bytes: 4 * 1024 ** 2 }

export function createSealedWalk(deps: Deps, columns: readonly SealedColumn[]): WalkSealed {
  return async (from, { reseal }) => {
    const at = from === null ? 0 : columns.findIndex(column => nameOf(column) === from[0])
    const column = columns[at]
    if (column === undefined || (from !== null && !isPlaceIn(column, from.slice(1))))
      throw new UnknownPlace(`walking through what is sealed: nothing is called ${from?.join(' ')}`)
    const rows = await readPage(deps, column, from?.slice(1) ?? [])
    const anew = reseal ? await resealAll(deps, column, rows) : new Set<Row>()
    return {
      keys: countKeys(deps.sealer, rows, anew),
      resealed: anew.size,
      next: nextPlace(columns, at, rows.length === pageRows(deps) ? rows.at(-1) : undefined),
    }
  }
}

const nameOf = ({ table, column }: SealedColumn): string => `${table}.${column}`
const keysOf = ({ key }: SealedColumn) => Object.entries(key)
const pageRows = ({ pageRows: rows = PAGE_ROWS }: Deps): number => rows

/** No key: where the column begins. */
function isPlaceIn(column: SealedColumn, key: readonly string[]): boolean {
  const keys = keysOf(column)
  return key.length === 0 || (key.length === keys.length && keys.every(([, type], index) => fits[type](key[index] ?? '')))
}

/** What Postgres takes as one of the type. */
const fits: Readonly<Record<SealedColumn['key'][string], (text: string) => boolean>> = {
  text: text => !text.includes('\0'),
  bytea: text => /^([0-9a-f]{2})*$/.test(text),
  integer: text => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31,
  bigint: text => /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n,
}

/** Behind the last row of a full page, or else where the next column begins. */
function nextPlace(columns: readonly SealedColumn[], at: number, last: Row | undefined): SealedPlace | null {
  const column = columns[last === undefined ? at + 1 : at]
  return column === undefined ? null : [nameOf(column), ...(last?.key ?? [])]
}

function countKeys(sealer: Sealer, rows: readonly Row[], anew: ReadonlySet<Row>): SealedPage['keys'] {
  const keys: { [keyId: string]: number } = {}
  for (const row of rows) {
    if (row.head === null) continue
    const keyId = anew.has(row) ? sealer.keyId : (keyIdOf(row.head) ?? unmarked)
    keys[keyId] = (keys[keyId] ?? 0) + 1
  }
  return keys
}

/** Text of a key's column, and back. */
const asText = ([name, type]: readonly [string, string], of = 't'): string =>
  type === 'bytea' ? `encode(${of}.${name}, 'hex')` : `${of}.${name}::text`
const ofText = (text: string, type: string): string => (type === 'bytea' ? `decode(${text}, 'hex')` : `${text}::${type}`)

async function readPage(deps: Deps, column: SealedColumn, behind: readonly string[]): Promise<readonly Row[]> {
  const keys = keysOf(column)
  const names = keys.map(([name]) => `t.${name}`).join(', ')
  const place = keys.map(([, type], index) => ofText(`($2::text[])[${index + 1}]`, type)).join(', ')
  return deps.database.query<Row>(
    `select array[${keys.map(key => asText(key)).join(', ')}] as key,
       substring(t.${column.column} from 1 for ${HEAD_BYTES}) as head, coalesce(octet_length(t.${column.column}), 0) as bytes
     from ${column.table} t ${behind.length === 0 ? '' : `where (${names}) > (${place})`}
     order by ${names} limit $1`,
    [pageRows(deps), ...(behind.length === 0 ? [] : [behind])],
  )
}

/** Answers those that are sealed anew. */
async function resealAll(deps: Deps, column: SealedColumn, rows: readonly Row[]): Promise<ReadonlySet<Row>> {
  const head = headOf(deps.sealer.keyId)
  const old = rows.filter(row => row.head !== null && !head.equals(row.head))
  const anew = new Set<Row>()
  for (const chunk of chunksOf(old)) for (const row of await resealChunk(deps, column, chunk)) anew.add(row)
  return anew
}

function* chunksOf(rows: readonly Row[]): Generator<readonly Row[]> {
  let chunk: Row[] = []
  let bytes = 0
  for (const row of rows) {
    if (chunk.length === CHUNK.rows || (chunk.length > 0 && bytes + row.bytes > CHUNK.bytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(row)
    bytes += row.bytes
  }
  if (chunk.length > 0) yield chunk
}

type Value = { at: number; sealed: Buffer }

async function resealChunk({ database, sealer }: Deps, column: SealedColumn, rows: readonly Row[]): Promise<readonly Row[]> {
  const named = keysOf(column).map((_, index) => rows.map(({ key }) => key[index]))
  const values = await database.query<Value>(readSql(column), named)
  const anew = values.flatMap(({ at, sealed }) => {
    const place = column.place(...(rows[at]?.key ?? []))
    const plain = openedOf(sealer, sealed, place)
    return plain === null ? [] : [{ at, old: sealed, sealed: sealer.seal(plain, place) }]
  })
  const written = await database.query<{ at: number }>(writeSql(column), [
    ...named,
    anew.map(({ at }) => at),
    anew.map(({ old }) => old),
    anew.map(({ sealed }) => sealed),
  ])
  return written.flatMap(({ at }) => rows[at] ?? [])
}

/** null: no key that there is opens it. */
function openedOf(sealer: Sealer, sealed: Buffer, place: string): Buffer | null {
  try {
    return sealer.open(sealed, place)
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    return null // it stays and is counted under its own key, which whoever walks is told
  }
}

/** The rows of $1.., a list for each column of the key, numbered from 0. */
function namedRows(column: SealedColumn): string {
  const keys = keysOf(column)
  const lists = keys.map((_, index) => `$${index + 1}::text[]`).join(', ')
  const names = keys.map((_, index) => `k${index}`).join(', ')
  return `unnest(${lists}) with ordinality as named (${names}, place)`
}

const isNamed = (column: SealedColumn): string =>
  keysOf(column)
    .map(([name, type], index) => `t.${name} = ${ofText(`named.k${index}`, type)}`)
    .join(' and ')

const readSql = (column: SealedColumn): string => `select (named.place - 1)::int as at, t.${column.column} as sealed
from ${namedRows(column)} join ${column.table} t on ${isNamed(column)} where t.${column.column} is not null`

/** Rows that somebody holds are passed over: nobody waits for this statement while it waits for them. */
function writeSql(column: SealedColumn): string {
  const first = keysOf(column).length + 1
  return `with anew as (
  select * from unnest($${first}::int[], $${first + 1}::bytea[], $${first + 2}::bytea[]) as anew (at, old, sealed)
), held as (
  select t.ctid as id, anew.at, anew.sealed
  from ${namedRows(column)} join anew on anew.at = named.place - 1 join ${column.table} t on ${isNamed(column)}
  where t.${column.column} = anew.old for update of t skip locked
)
update ${column.table} t set ${column.column} = held.sealed from held where t.ctid = held.id
returning held.at`
}
