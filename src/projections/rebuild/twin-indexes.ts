// Indexes and constraints of what is rebuilt, held against those of what is read. An index that came to what is read since, or is still being made
// there, is made beside it, too, so that none is missing after a swap; a constraint is never made, because rows might break it.
import type { Transaction } from '../../database/database.ts'
import { schemaOf } from '../make-tables.ts'
import type { Pair } from './twin-tables.ts'

/** That only one of both has, or that differs. An index that is not whole is as good as none. */
export type Unlike = {
  table: string
  kind: 'index' | 'constraint'
  name: string
  /** Makes the index of what is read beside it; null: what is read has none. */
  statement: string | null
  /** There is one of that name beside it. */
  isBeside: boolean
}

export type IndexSession = (signal: AbortSignal) => Promise<Transaction & { close(): Promise<void> }>

/** In the order of their tables. */
export const findUnlike = (tx: Transaction, { live, beside }: Pair): Promise<readonly Unlike[]> =>
  tx.query<Unlike>(unlike, [schemaOf(live), schemaOf(beside)])

export const nameOf = ({ kind, name }: Unlike): string => `${kind} ${name}`

/** Of a swap that is refused for them. Pure. */
export const describeUnlike = (found: readonly Unlike[]): string =>
  `it has not the same indexes and constraints as what is read: ${found.map(one => `${nameOf(one)} of ${one.table}`).join(', ')}`

/** Indexes beside are those of what is read. `open`: a session that lets a statement take as long as it takes. Nobody may fill meanwhile. */
export async function matchIndexes(database: Transaction, open: IndexSession, pair: Pair, signal: AbortSignal): Promise<void> {
  const isIndex = ({ kind }: Unlike) => kind === 'index'
  if (!(await findUnlike(database, pair)).some(isIndex)) return
  const session = await open(signal)
  const close = () => void session.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    for (const { name, statement, isBeside } of (await findUnlike(session, pair)).filter(isIndex)) {
      if (isBeside) await session.query(`drop index ${schemaOf(pair.beside)}.${name}`)
      if (statement !== null) await session.query(statement)
    }
  } finally {
    signal.removeEventListener('abort', close)
    await session.close()
  }
}

/** `name` is quoted. What makes a key or another constraint is told by that. */
const madeIn = (schema: string) => `
  select t.relname as table_name, 'constraint' as kind, quote_ident(c.conname) as name,
      replace(pg_get_constraintdef(c.oid), ${schema} || '.', '') as made, null as definition, true as is_whole, false as may_fail
    from pg_constraint c join pg_class t on t.oid = c.conrelid
    where t.relnamespace = to_regnamespace(${schema}) and t.relkind = 'r' and c.contype <> 't'
  union all
  select t.relname, 'index', quote_ident(n.relname), replace(pg_get_indexdef(i.indexrelid), ${schema} || '.', ''),
      pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique
    from pg_index i join pg_class t on t.oid = i.indrelid join pg_class n on n.oid = i.indexrelid
    where t.relnamespace = to_regnamespace(${schema}) and t.relkind = 'r'
      and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))`

/** One of what is read that is not whole is being made; where it is unique, that may not succeed, and nobody counts on it. */
const unlike = `
  with own as (${madeIn('$1::text')}), other as (${madeIn('$2::text')})
  select table_name as table, kind, name, replace(own.definition, $1::text || '.', $2::text || '.') as statement,
    other.made is not null as "isBeside"
  from (select * from own where is_whole or not may_fail) own
  full join other using (table_name, kind, name)
  where own.made is distinct from other.made or not other.is_whole
  order by 1, 2, 3`
