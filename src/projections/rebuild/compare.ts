// Compares what was rebuilt with what is read, both at one checkpoint of every partition and in one snapshot: table by table, in batches by
// primary key, every column. What the log has forgotten is copied in the same snapshot, and counted. Rows are named by their keys. What is purged is
// left out: it is about to go from both, and one of them may have lost it already. Indexes and constraints are compared by their definitions.
import type { Transaction } from '../../database/database.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { schemaOf } from '../make-tables.ts'
import { findUnlike, nameOf } from './twin-indexes.ts'
import { type Pair, readShapes, type TableShape } from './twin-tables.ts'

export type ComparedTable = {
  table: string
  /** Of what is read. */
  rows: number
  /** Made from the log. */
  rebuilt: number
  /** The log has no record of them any more. */
  copied: number
  /** Read, and not rebuilt. */
  missing: number
  /** Rebuilt, and not read. */
  extra: number
  /** In both, with something else in them. */
  differing: number
  /** Of the first of them. */
  keys: readonly (readonly string[])[]
  /** Indexes and constraints that only one of both has, or that differ. */
  unlike: readonly string[]
}
export type Compared = readonly ComparedTable[]

/** Whether the log no longer has the first records of an account's partition. */
export type IsForgotten = (instanceId: string) => boolean

/** The transaction has one snapshot. */
export async function compareTables(tx: Transaction, pair: Pair, isForgotten: IsForgotten): Promise<Compared> {
  await tx.query(byKeys)
  const compared: ComparedTable[] = []
  const unlike = Map.groupBy(await findUnlike(tx, pair), one => one.table)
  for (const shape of await readShapes(tx, pair)) {
    const found = await compareTable(tx, { pair, shape, isForgotten })
    compared.push({ ...found, unlike: (unlike.get(shape.table) ?? []).map(nameOf) })
  }
  return compared
}

export const isEqual = (compared: Compared): boolean =>
  compared.every(({ missing, extra, differing, unlike }) => missing + extra + differing + unlike.length === 0)

/** Whatever is thought of how many rows are in a range: of a table with millions of rows each would else be read whole for every batch. */
const byKeys = `set local plan_cache_mode = force_custom_plan; set local jit = off;
  set local enable_seqscan = off; set local enable_bitmapscan = off`

/** Some hundredths of a second each. */
const BATCH_ROWS = 2_000
const KEYS_NAMED = 5

type Comparing = { pair: Pair; shape: TableShape; isForgotten: IsForgotten }
type Key = readonly string[] | null
type Edge = { key: readonly string[] }

async function compareTable(tx: Transaction, of: Comparing): Promise<ComparedTable> {
  const statements = statementsFor(of)
  let total: ComparedTable = { table: of.shape.table, ...nothingFound }
  for (let from: Key = null, isLast = false; !isLast; ) {
    const [edge]: readonly Edge[] = await tx.query<Edge>(statements.edge, [from])
    const range = [from, edge?.key ?? null]
    const lacking = await tx.query<{ instance_id: string }>(statements.lacking, range)
    const forgotten = lacking.map(row => row.instance_id).filter(of.isForgotten)
    const copied = forgotten.length === 0 ? 0 : (await tx.query(statements.copy, [...range, forgotten])).length
    const [found] = await tx.query<Omit<ComparedTable, 'table' | 'copied'>>(statements.compare, range)
    total = added(total, { ...nothingFound, ...found, copied })
    from = edge?.key ?? null
    isLast = edge === undefined
  }
  return total
}

const nothingFound = { rows: 0, rebuilt: 0, copied: 0, missing: 0, extra: 0, differing: 0, keys: [], unlike: [] }

function added(total: ComparedTable, more: Omit<ComparedTable, 'table'>): ComparedTable {
  return {
    table: total.table,
    rows: total.rows + more.rows,
    rebuilt: total.rebuilt + more.rebuilt - more.copied,
    copied: total.copied + more.copied,
    missing: total.missing + more.missing,
    extra: total.extra + more.extra,
    differing: total.differing + more.differing,
    keys: [...total.keys, ...more.keys].slice(0, KEYS_NAMED),
    unlike: [],
  }
}

/** Ranges are ($1, $2], each as an array of the key's columns in text; null: open. */
function statementsFor({ pair, shape }: Comparing) {
  const [read, beside] = [`${schemaOf(pair.live)}.${shape.table}`, `${schemaOf(pair.beside)}.${shape.table}`]
  const names = shape.key.map(one => one.name)
  const key = names.join(', ')
  const bound = (parameter: string) =>
    shape.key.map(({ type }, index) => `(${parameter}::text[])[${index + 1}]::${type}`).join(', ')
  const after = `($1::text[] is null or (${key}) > (${bound('$1')}))`
  const range = `${after} and ($2::text[] is null or (${key}) <= (${bound('$2')}))`
  const some = (table: string) => `(select ${key} from ${table} where ${after} order by ${key} limit ${BATCH_ROWS})`
  const same = names.map(name => `b.${name} = t.${name}`).join(' and ')
  const asText = `array[${names.map(name => `${name}::text`).join(', ')}]`
  const columns = (of: string) => ['true', ...shape.others].map(name => (name === 'true' ? name : `${of}.${name}`)).join(', ')
  const rows = (table: string) =>
    `(select true as is_there, t.* from ${table} t where ${range} and not ${isPurged('t.instance_id')})`
  return {
    edge: `select ${asText} as key from (${some(read)} union ${some(beside)}) in_either order by ${key} offset ${BATCH_ROWS - 1} limit 1`,
    lacking: `select distinct t.instance_id from ${rows(read)} t where not exists (select from ${rows(beside)} b where ${same})`,
    copy: `insert into ${beside} (${shape.written.join(', ')}) select ${shape.written.join(', ')} from ${rows(read)} t
      where t.instance_id = any($3::text[]) on conflict (${key}) do nothing returning 1`,
    compare: `select rows::integer, rebuilt::integer, missing::integer, extra::integer, differing::integer, keys from (
      select count(r.is_there) as rows, count(b.is_there) as rebuilt,
        count(*) filter (where b.is_there is null) as missing, count(*) filter (where r.is_there is null) as extra,
        count(*) filter (where r.is_there and b.is_there and row(${columns('r')}) is distinct from row(${columns('b')})) as differing,
        coalesce((json_agg(${asText} order by ${key}) filter (where r.is_there is null or b.is_there is null
          or row(${columns('r')}) is distinct from row(${columns('b')}))), '[]') as keys
      from ${rows(read)} r full join ${rows(beside)} b using (${key})) found`,
  }
}
