// The newest version of a rebuildable projection becomes the one that is read once it has come as far as the one that is read now: views and
// the row that reads wait by change in one transaction, while the version before stands still. That is fed as long as a release runs it, and
// a release that knows no newer one makes it live again in the same way.
import type { Database, Transaction } from '../database/database.ts'
import { wait } from '../runtime/wait.ts'
import { schemaOf } from './make-tables.ts'
import type { Projection } from './projection.ts'

/** Further behind, the version before is not made to stand still for it. */
const NEAR_RECORDS = 1_000
const PATIENCE_MS = 1_000
const LOOK_AGAIN_MS = 20

/** `live`: it was already. `changed`: it is from now on. `behind`: it has not come so far yet. */
export function goLive(database: Database, projection: Projection, signal: AbortSignal): Promise<'live' | 'changed' | 'behind'> {
  return database.transact(async tx => {
    const live = await lockLive(tx, projection)
    if (live === projection.version) return 'live'
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

/** Views of all tables of the version, in place of those of the one before. */
async function showTables(tx: Transaction, projection: Projection, live: number): Promise<void> {
  const statements = await tx.query<{ statement: string }>(
    `select format('drop view %I', tablename) as statement from pg_tables where schemaname = $1
     union all select format('create view %I as select * from %I.%I', tablename, schemaname, tablename) from pg_tables where schemaname = $2`,
    [schemaOf({ name: projection.name, version: live }), schemaOf(projection)],
  )
  for (const { statement } of statements) await tx.query(statement)
}

/** For `from`: which version of each projection is read. */
export const liveVersions = '(select projection, version from projection_live)'
