// The newest version of a rebuildable projection becomes the one that is read once it has come as far as the one that is read now: views and
// the row that reads wait by change in one transaction, while the version before stands still. That is fed as long as a release runs it, and
// a release that knows no newer one makes it live again in the same way, once: from then on the newer of two that run side by side is read.
import type { Database, Transaction } from '../database/database.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { wait } from '../runtime/wait.ts'
import { schemaOf } from './make-tables.ts'
import { type Projection, titleOf } from './projection.ts'

/** Further behind, the version before is not made to stand still for it. */
const NEAR_RECORDS = 1_000
const PATIENCE_MS = 1_000
const LOOK_AGAIN_MS = 20

/** `live`: it was already. `changed`: it is from now on. `behind`: it has not come so far yet. `newer`: a later one is, and stays so. */
export type Live = 'live' | 'changed' | 'behind' | 'newer'

/** `overNewer`: in place of a later version, too. */
export function goLive(
  database: Database,
  projection: Projection,
  { overNewer }: { overNewer: boolean },
  signal: AbortSignal,
): Promise<Live> {
  return database.transact(async tx => {
    const live = await lockLive(tx, projection)
    if (live === projection.version) return 'live'
    if (live > projection.version && !overNewer) return 'newer'
    if (!(await catchesUp(tx, projection, live, signal))) return 'behind'
    await showTables(tx, projection, live)
    await tx.query('update projection_live set version = $2, since = now() where projection = $1', [
      projection.name,
      projection.version,
    ])
    return 'changed'
  }, signal)
}

/** Of two processes one goes on, and the other finds it done. */
async function lockLive(tx: Transaction, { name, version }: Projection): Promise<number> {
  const [row] = await tx.query<{ version: number }>('select version from projection_live where projection = $1 for update', [
    name,
  ])
  if (row === undefined)
    throw new Error(`making ${name} version ${version} live: expected a row of ${name} in projection_live, got none`)
  return row.version
}

/** Behind a version that goes on nobody would ever be equal: it stands still for a moment. Where there is one connection alone, a quiet moment has to do. */
async function catchesUp(tx: Transaction, projection: Projection, live: number, signal: AbortSignal): Promise<boolean> {
  if ((await recordsBehind(tx, projection, live)) > NEAR_RECORDS) return false
  const lock = 'select from projection_checkpoints where projection = $1 and version = $2 order by partition for share'
  await tx.query(lock, [projection.name, live])
  const untilMs = performance.now() + PATIENCE_MS
  do if ((await recordsBehind(tx, projection, live)) <= 0) return true
  while (performance.now() < untilMs && (await wait(LOOK_AGAIN_MS, signal)))
  return false
}

/** Where it is furthest behind, in the topics that it reads; where its checkpoint is missing it is all of them behind, and one more. */
async function recordsBehind(tx: Transaction, { name, version }: Projection, live: number): Promise<number> {
  const [row] = await tx.query<{ behind: string | null }>(
    `select max(case when own.partition is null then old.next_offset + 1 else old.next_offset - (own.offsets ->> old.topic)::bigint end) as behind
     from (select c.partition, o.key as topic, o.value::bigint as next_offset
           from projection_checkpoints c cross join jsonb_each_text(c.offsets) o where c.projection = $1 and c.version = $3) old
     left join projection_checkpoints own on own.projection = $1 and own.version = $2 and own.partition = old.partition
     where own.partition is null or own.offsets ? old.topic`,
    [name, version, live],
  )
  return Number(row?.behind ?? 0)
}

/**
 * A view of each of the version's tables, in place of those of the one before. Where the columns allow, views are replaced, so that what
 * operators made of them stays; else they are made anew, with the rights that were granted on the whole of them. Rejects NotShown.
 */
export async function showTables(tx: Transaction, projection: Projection, live: number): Promise<void> {
  const before = schemaOf({ name: projection.name, version: live })
  const views = await tx.query<View>(viewsOf, [before, schemaOf(projection)])
  refuseInTheWay(projection, views)
  for (const view of views) for (const statement of statementsOf(view, schemaOf(projection))) await tx.query(statement)
}

/** `name` is quoted, and so are `columns`: those that the view has already, in its order, then the others; null: the version has no such table. */
type View = {
  name: string
  fits: boolean
  columns: string | null
  onIt: string | null
  grants: readonly string[]
}

export class NotShown extends CodedError<'in-the-way'> {
  override name = 'NotShown'
  readonly port = 'projections'
}

function refuseInTheWay(projection: Projection, views: readonly View[]): void {
  const [first] = views.filter(({ fits, onIt }) => !fits && onIt !== null)
  if (first === undefined) return
  const message = `making ${titleOf(projection)} live: expected nothing that depends on view ${first.name}, whose columns change, got ${first.onIt}: drop that, and make it anew afterwards (in-the-way)`
  throw new NotShown({ code: 'in-the-way', message, retryable: true })
}

function statementsOf({ name, fits, columns, grants }: View, schema: string): readonly string[] {
  if (columns === null) return [`drop view ${name}`]
  const view = `view ${name} as select ${columns} from ${schema}.${name}`
  if (fits) return [`create or replace ${view}`]
  return [`drop view ${name}`, `create ${view}`, ...grants]
}

/** Of the schema before ($1) and of the one that is to be shown ($2). */
const viewsOf = `
  with shown as (
    select c.oid, c.relname, c.relowner, c.relacl from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v'
       and c.relname in (select tablename from pg_tables where schemaname = $1)),
  made as (select c.oid, c.relname from pg_class c where c.relnamespace = to_regnamespace($2) and c.relkind in ('r', 'p')),
  column_of as (select attrelid, attname, attnum, atttypid, atttypmod, attcollation from pg_attribute where attnum > 0 and not attisdropped)
  select quote_ident(relname) as name,
    made.oid is not null and not exists (
      select from column_of had where had.attrelid = shown.oid and not exists (
        select from column_of has where has.attrelid = made.oid and has.attname = had.attname
          and (has.atttypid, has.atttypmod, has.attcollation) = (had.atttypid, had.atttypmod, had.attcollation))) as fits,
    (select string_agg(quote_ident(has.attname), ', ' order by had.attnum nulls last, has.attnum)
       from column_of has left join column_of had on had.attrelid = shown.oid and had.attname = has.attname
      where has.attrelid = made.oid) as columns,
    (select string_agg(distinct r.ev_class::regclass::text, ', ') from pg_depend d join pg_rewrite r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = shown.oid
        and r.ev_class <> shown.oid) as "onIt",
    array(select format('grant %s on %I to %s%s', a.privilege_type, relname,
            case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
            case when a.is_grantable then ' with grant option' else '' end)
       from aclexplode(shown.relacl) a where a.grantee <> shown.relowner) as grants
    from shown full join made using (relname) order by relname`

/** For `from`: which version of each projection is read. */
export const liveVersions = '(select projection, version from projection_live)'

/** false: no zaplog that has projections has written this database yet. */
export async function areTablesThere(database: Pick<Transaction, 'query'>): Promise<boolean> {
  const [row] = await database.query<{ is_there: boolean }>(`select to_regclass('projection_live') is not null as is_there`)
  return row?.is_there === true
}
