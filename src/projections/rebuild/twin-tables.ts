// The tables that a projection is rebuilt into: the same as those that are read, in a schema beside theirs, with the same indexes, triggers and
// functions under the same names. What is read is always the schema of the version, so that a swap changes the names of two schemas and the views.
import type { Transaction } from '../../database/database.ts'
import { showTables } from '../go-live.ts'
import { schemaOf } from '../make-tables.ts'
import type { Projection } from '../projection.ts'

/** `beside`: what is filled, and after a swap what was read before. `madeLast`: names of indexes that no step reads. */
export type Pair = { live: Projection; beside: Projection; madeLast: readonly string[] }

/** Empty, and without the indexes that are made last. Rejects where they are there. */
export async function makeTwin(tx: Transaction, { live, beside, madeLast }: Pair): Promise<void> {
  const [from, to] = [schemaOf(live), schemaOf(beside)]
  await tx.query('set local check_function_bodies = off') // they name tables that come after them
  await tx.query(`create schema ${to}`)
  for (const statement of await statementsOf(tx, functionsOf, from)) await tx.query(renamed(statement, from, to))
  for (const statement of await statementsOf(tx, tablesOf, from, to)) await tx.query(statement)
  for (const statement of await statementsOf(tx, indexesAndTriggersOf, from, madeLast))
    await tx.query(renamed(statement, from, to))
}

export const hasTwin = async (tx: Transaction, { beside }: Pair): Promise<boolean> =>
  (await tx.query('select from pg_namespace where nspname = $1', [schemaOf(beside)])).length > 0

/** And those of other versions, which a process of another release has left. */
export async function dropTwin(tx: Transaction, { beside }: Pair): Promise<void> {
  const ofEach = `^${schemaOf(beside).replace(/\d+$/, '')}[0-9]+$`
  const schemas = await tx.query<{ schema: string }>('select nspname as schema from pg_namespace where nspname ~ $1', [ofEach])
  for (const { schema } of schemas) await tx.query(`drop schema ${schema} cascade`)
}

/** Whether both have the same columns, functions and triggers: an upgrade changes those that are read alone. */
export async function fitTogether(tx: Transaction, { live, beside }: Pair): Promise<boolean> {
  const [row] = await tx.query<{ fit: boolean }>(
    `select (${madeIn('$1::text')}) is not distinct from (${madeIn('$2::text')}) as fit`,
    [schemaOf(live), schemaOf(beside)],
  )
  return row?.fit === true
}

const madeIn = (schema: string) => `
  select string_agg(replace(made, ${schema} || '.', ''), ', ' order by replace(made, ${schema} || '.', '')) from (
    select format('%s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod)) as made
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = to_regnamespace(${schema}) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    union all select pg_get_functiondef(oid) from pg_proc where pronamespace = to_regnamespace(${schema})
    union all select pg_get_triggerdef(g.oid) from pg_trigger g join pg_class c on c.oid = g.tgrelid
      where c.relnamespace = to_regnamespace(${schema}) and not g.tgisinternal) all_of_it`

/** Each has the other's tables from then on, and views show those that are read. Nobody may write any of them meanwhile. */
export async function exchangeTables(tx: Transaction, { live, beside }: Pair): Promise<void> {
  const [read, kept] = [schemaOf(live), schemaOf(beside)]
  await tx.query(`alter schema ${read} rename to ${read}_for_a_moment`)
  await tx.query(`alter schema ${kept} rename to ${read}`)
  await tx.query(`alter schema ${read}_for_a_moment rename to ${kept}`)
  await tx.query('set local check_function_bodies = off')
  for (const [own, other] of [[read, kept] as const, [kept, read] as const])
    for (const statement of await statementsOf(tx, functionsOf, own)) await tx.query(renamed(statement, other, own))
  await showTables(tx, live, live.version)
}

/** Of a table that is read: its primary key's columns, all others, and which of all may be written. */
export type TableShape = { table: string; key: readonly KeyColumn[]; others: readonly string[]; written: readonly string[] }
export type KeyColumn = { name: string; type: string }

export async function readShapes(tx: Transaction, { live }: Pair): Promise<readonly TableShape[]> {
  return tx.query<TableShape>(shapesOf, [schemaOf(live)])
}

/** A schema's name stands in statements before a dot alone. */
const renamed = (statement: string, from: string, to: string) => statement.replaceAll(`${from}.`, `${to}.`)

async function statementsOf(
  tx: Transaction,
  sql: string,
  ...values: readonly (string | readonly string[])[]
): Promise<readonly string[]> {
  return (await tx.query<{ statement: string }>(sql, values)).map(row => row.statement)
}

const functionsOf = `
  select pg_get_functiondef(oid) as statement from pg_proc where pronamespace = to_regnamespace($1) order by proname, oid`

const tablesOf = `
  select format('create table %s.%I (like %s.%I including all excluding indexes)%s', $2::text, relname, $1::text, relname,
    case when reloptions is null then '' else format(' with (%s)', array_to_string(reloptions, ', ')) end) as statement
  from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r' order by relname`

/** Keys and other constraints by their own statements, which make their indexes. */
const indexesAndTriggersOf = `
  with tables as (select oid, relname from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r')
  select statement from (
    select 1 as turn, conname as name, format('alter table %s.%I add constraint %I %s', $1::text, relname, conname, pg_get_constraintdef(c.oid)) as statement
      from pg_constraint c join tables t on t.oid = c.conrelid where c.contype in ('p', 'u', 'x')
    union all
    select 2, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
      from pg_index i join tables t on t.oid = i.indrelid
      join pg_class n on n.oid = i.indexrelid
      where i.indisvalid and (i.indisunique or n.relname <> all($2::text[])) and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
    union all
    select 3, tgname, pg_get_triggerdef(g.oid) from pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal) made
  order by turn, name`

const shapesOf = `
  select c.relname as table,
    (select json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod))
                     order by array_position(i.indkey::smallint[], a.attnum))
       from pg_attribute a where a.attrelid = c.oid and a.attnum = any(i.indkey::smallint[])) as key,
    array(select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             and a.attnum <> all(i.indkey::smallint[]) order by a.attname) as others,
    array(select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             and a.attgenerated = '' order by a.attname) as written
  from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
  where c.relnamespace = to_regnamespace($1) and c.relkind = 'r' order by c.relname like 'listed%', c.relname`
