// The rows of rebuilds: what was asked for, how each stands, and which process has it. One rebuild of a projection has tables at a time.
import { randomBytes } from 'node:crypto'
import type { Transaction } from '../../database/database.ts'
import type { rebuildStates } from '../../events/vocabulary.ts'
import type { Erasure } from '../../purge/erasure.ts'
import type { Compared } from './compare.ts'

export type RebuildState = (typeof rebuildStates.here)[number]
export type Wanted = 'swap' | 'rollback'
export type Rebuild = {
  rebuildId: string
  projection: string
  state: RebuildState
  swap: 'auto' | 'manual'
  wanted: Wanted | null
  why: string | null
  hasTables: boolean
  removed: boolean
  forgottenRecords: number
  compared: Compared | null
  createdAt: Date
  startedAt: Date | null
  filledAt: Date | null
  comparedAt: Date | null
  swappedAt: Date | null
  endedAt: Date | null
}
export type Owner = { owner: string; leaseMs: number }

type Row = {
  rebuild_id: string
  projection: string
  state: RebuildState
  swap: 'auto' | 'manual'
  wanted: Wanted | null
  why: string | null
  has_tables: boolean
  removed: boolean
  forgotten_records: string
  compared: Compared | null
  created_at: Date
  started_at: Date | null
  filled_at: Date | null
  compared_at: Date | null
  swapped_at: Date | null
  ended_at: Date | null
}

const columns = `rebuilds.*, (select f.compared from rebuild_findings f where f.rebuild_id = rebuilds.rebuild_id) as compared,
  (select f.compared_at from rebuild_findings f where f.rebuild_id = rebuilds.rebuild_id) as compared_at`

const toRebuild = (row: Row): Rebuild => ({
  rebuildId: row.rebuild_id,
  projection: row.projection,
  state: row.state,
  swap: row.swap,
  wanted: row.wanted,
  why: row.why,
  hasTables: row.has_tables,
  removed: row.removed,
  forgottenRecords: Number(row.forgotten_records),
  compared: row.compared?.map(withUnlike) ?? null,
  createdAt: row.created_at,
  startedAt: row.started_at,
  filledAt: row.filled_at,
  comparedAt: row.compared_at,
  swappedAt: row.swapped_at,
  endedAt: row.ended_at,
})

/** Of a version that did not look. */
const withUnlike = (found: Compared[number]): Compared[number] => ({ ...found, unlike: found.unlike ?? [] })

/** null: another one of the projection has tables still. */
export async function insertRebuild(
  database: Transaction,
  { projection, swap }: Pick<Rebuild, 'projection' | 'swap'>,
): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(
    `insert into rebuilds (rebuild_id, projection, swap) values ($1, $2, $3) on conflict do nothing returning ${columns}`,
    [`rb_${randomBytes(12).toString('hex')}`, projection, swap],
  )
  return row === undefined ? null : toRebuild(row)
}

/** The one that has tables; null: none. */
export async function findWithTables(database: Transaction, projection: string): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(`select ${columns} from rebuilds where projection = $1 and has_tables`, [projection])
  return row === undefined ? null : toRebuild(row)
}

export async function findRebuild(database: Transaction, id: string): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(`select ${columns} from rebuilds where rebuild_id = $1 and not removed`, [id])
  return row === undefined ? null : toRebuild(row)
}

/** Newest first, at most `limit`, behind `cursor`. `after`, `before`: epoch ms. */
export async function findRebuilds(
  database: Transaction,
  { limit, cursor, after, before }: { limit: number; cursor?: string | undefined; after?: number; before?: number },
): Promise<readonly Rebuild[]> {
  const rows = await database.query<Row>(
    `select ${columns} from rebuilds where not removed
       and ($1::text is null or (created_at, rebuild_id) < (select c.created_at, c.rebuild_id from rebuilds c where c.rebuild_id = $1))
       and ($3::float8 is null or created_at >= to_timestamp($3 / 1000)) and ($4::float8 is null or created_at < to_timestamp($4 / 1000))
     order by created_at desc, rebuild_id desc limit $2`,
    [cursor ?? null, limit, after ?? null, before ?? null],
  )
  return rows.map(toRebuild)
}

/** Asks whoever has it. null: it is in none of these states. */
export async function want(
  database: Transaction,
  id: string,
  { wanted, from }: { wanted: Wanted; from: readonly RebuildState[] },
): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(
    `update rebuilds set wanted = $2, why = null where rebuild_id = $1 and state = any($3) and not removed returning ${columns}`,
    [id, wanted, from],
  )
  return row === undefined ? null : toRebuild(row)
}

/** Its tables are taken down by whoever has it. null: it is in none of these states. */
export async function cancel(database: Transaction, id: string, from: readonly RebuildState[]): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(
    `update rebuilds set state = 'cancelled', wanted = null, why = null, ended_at = now()
     where rebuild_id = $1 and state = any($2) and not removed returning ${columns}`,
    [id, from],
  )
  return row === undefined ? null : toRebuild(row)
}

/** Shown to nobody from now on. false: it is in none of these states. */
export async function markRemoved(database: Transaction, id: string, from: readonly RebuildState[]): Promise<boolean> {
  const rows = await database.query(
    'update rebuilds set removed = true where rebuild_id = $1 and state = any($2) and wanted is null and not removed returning rebuild_id',
    [id, from],
  )
  return rows.length > 0
}

/** This owner's for leaseMs more: what it has, or what there is to do and is nobody's. null: nothing, or it is somebody else's. */
export async function hold(database: Transaction, { owner, leaseMs }: Owner): Promise<Rebuild | null> {
  const held = await lease(database, { owner, leaseMs }, 'owner = $1')
  // Who has a row locked is about to hold it.
  const free = `rebuild_id = (select rebuild_id from rebuilds where (has_tables or removed) and (owner is null or leased_until < now())
                               order by created_at limit 1 for update skip locked)`
  return held ?? (await lease(database, { owner, leaseMs }, free))
}

async function lease(database: Transaction, { owner, leaseMs }: Owner, which: string): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(
    `update rebuilds set owner = $1, leased_until = now() + $2 * interval '1 millisecond', started_at = coalesce(started_at, now())
     where ${which} returning ${columns}`,
    [owner, leaseMs],
  )
  return row === undefined ? null : toRebuild(row)
}

/** Whoever comes next need not wait for the lease to run out. */
export async function letGo(database: Transaction, owner: string): Promise<void> {
  await database.query('update rebuilds set owner = null where owner = $1', [owner])
}

export type Held = { rebuildId: string; owner: string }

/** Removed or not. Until a transaction ends nobody changes it. null: it is somebody else's by now. */
export const lockHeld = (tx: Transaction, held: Held): Promise<Rebuild | null> => findHeld(tx, held, 'for update')

/** The same, for now. */
export async function findHeld(database: Transaction, { rebuildId, owner }: Held, lock = ''): Promise<Rebuild | null> {
  const [row] = await database.query<Row>(`select ${columns} from rebuilds where rebuild_id = $1 and owner = $2 ${lock}`, [
    rebuildId,
    owner,
  ])
  return row === undefined ? null : toRebuild(row)
}

export type Change = {
  from: readonly RebuildState[]
  state: RebuildState
  why?: string | null
  forgottenRecords?: number
}

/** With the time of what it comes to; what was wanted is done. false: it is somebody else's by now, or in another state. */
export async function move(tx: Transaction, { rebuildId, owner }: Held, to: Change): Promise<boolean> {
  const rows = await tx.query(
    `update rebuilds set state = $4, why = $5, forgotten_records = coalesce($6, forgotten_records),
       wanted = case when state = $4 then wanted end,
       filled_at = case when $4 = 'comparing' then now() else filled_at end,
       swapped_at = case when $4 = 'swapped' then now() else swapped_at end,
       ended_at = case when $4 = 'failed' then now() else ended_at end
     where rebuild_id = $1 and owner = $2 and state = any($3) and not removed returning rebuild_id`,
    [rebuildId, owner, to.from, to.state, to.why ?? null, to.forgottenRecords ?? null],
  )
  return rows.length > 0
}

/** In the snapshot of the comparison. */
export async function keepFindings(tx: Transaction, { rebuildId }: Pick<Held, 'rebuildId'>, compared: Compared): Promise<void> {
  await tx.query('insert into rebuild_findings (rebuild_id, compared) values ($1, $2)', [rebuildId, JSON.stringify(compared)])
}

/** Why it does not go on, for whoever asks; null: it does. Nothing of one that is in another state by now. */
export async function sayWhy(
  database: Transaction,
  { rebuildId, owner }: Held,
  { state, why }: Pick<Rebuild, 'state' | 'why'>,
): Promise<void> {
  await database.query(
    'update rebuilds set why = $3 where rebuild_id = $1 and owner = $2 and state = $4 and why is distinct from $3 and not removed',
    [rebuildId, owner, why, state],
  )
}

/** Its tables are gone; with them the row of one that nobody is shown. false: it is somebody else's by now. */
export async function noteTakenDown(tx: Transaction, { rebuildId, owner }: Held): Promise<boolean> {
  const noted = await tx.query(
    'update rebuilds set has_tables = false, owner = null where rebuild_id = $1 and owner = $2 returning rebuild_id',
    [rebuildId, owner],
  )
  const gone = await tx.query('delete from rebuilds where rebuild_id = $1 and removed returning rebuild_id', [rebuildId])
  if (gone.length > 0) await tx.query('delete from rebuild_findings where rebuild_id = $1', [rebuildId])
  return noted.length > 0
}

/** Of what was compared a purge erases the keys of its rows, which may be addresses of people; what was counted stays. */
export const findingsErasure: Erasure = {
  name: 'rebuild_findings',
  tables: ['rebuild_findings'],
  keys: `select rebuild_id || ' ' || $1::text as key from rebuild_findings where exists (
      select from jsonb_array_elements(compared) one cross join jsonb_array_elements(one -> 'keys') key where key ? $1::text)
    limit $2 for update`,
  deletes: [
    `update rebuild_findings f set compared = (
      select jsonb_agg(jsonb_set(one, '{keys}', coalesce((
          select jsonb_agg(key order by place) from jsonb_array_elements(one -> 'keys') with ordinality as keys (key, place)
          where not key ? split_part(g.key, ' ', 2)), '[]')) order by nth)
        from jsonb_array_elements(f.compared) with ordinality as tables (one, nth))
      from unnest($1::text[]) as g (key) where f.rebuild_id = split_part(g.key, ' ', 1)`,
  ],
  told: null,
}
