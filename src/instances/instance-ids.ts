// The table instance_ids: every id that was ever given out, its name and settings, and what is wanted of it. This file alone reads and writes
// it. An id is never given out again, and what is deleted stays as a row.
import type { Database, Transaction } from '../database/database.ts'
import { isErased, isPurged } from '../purge/tombstones.ts'
import { isOwned, parkedFor } from './instance-owners.ts'
import { type InstanceSettings, readSettings, type Settings } from './instance-settings.ts'
import { isCreationOwed } from './outbox.ts'

export const instanceIdPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

export type Wanted = {
  instanceId: string
  /** Fixed when the id was reserved. */
  requestId: string
  wanted: 'running' | 'logged-out' | 'deleted'
  restartCount: number
  /** The task that is done with; equal to taskOf(this): nothing to do. */
  parkedFor: string | null
  /** What was stored goes, too: the purge tells of the deletion, after the last record of the account. */
  purged: boolean
  settings: InstanceSettings
}

export const taskOf = ({ wanted, restartCount }: Pick<Wanted, 'wanted' | 'restartCount'>): string => `${wanted}/${restartCount}`
/** The same in SQL, of the row i of instance_ids, or of its deletion. */
const taskSqlOf = (wanted: string) => `${wanted} || '/' || i.restart_count`
const taskSql = taskSqlOf('i.wanted')
const deletionSql = taskSqlOf(`'deleted'`)

export type Described = { name: string; settings: Settings }
export type Wish = 'restart' | 'logged-out' | 'deleted'

/** `taken`: it is somebody's, or was once. */
export async function reserveId(
  tx: Transaction,
  { id, requestId, nowAt, name, settings }: Described & { id: string; requestId: string; nowAt: number },
): Promise<'reserved' | 'taken'> {
  const reserved = await tx.query(
    `insert into instance_ids (instance_id, request_id, reserved_at, name, settings) values ($1, $2, to_timestamp($3::float8 / 1000), $4, $5)
     on conflict do nothing returning instance_id`,
    [id, requestId, nowAt, name, JSON.stringify(settings)],
  )
  return reserved.length === 0 ? 'taken' : 'reserved'
}

/** Changes of one instance come one after the other, so that their events do too. `missing`: there is none, or it was deleted. */
export async function lockInstance(tx: Transaction, id: string): Promise<Described | 'missing'> {
  const [row] = await tx.query<Described>(
    `select name, settings from instance_ids where instance_id = $1 and wanted <> 'deleted' for update`,
    [id],
  )
  return row ?? 'missing'
}

/** Also one that was deleted. `missing`: there never was one. */
export async function lockEvenDeleted(tx: Transaction, id: string): Promise<'locked' | 'missing'> {
  const [row] = await tx.query('select from instance_ids where instance_id = $1 for update', [id])
  return row === undefined ? 'missing' : 'locked'
}

/** The instance is to be locked before. */
export async function describeInstance(tx: Transaction, id: string, { name, settings }: Described): Promise<void> {
  await tx.query('update instance_ids set name = $2, settings = $3 where instance_id = $1', [id, name, JSON.stringify(settings)])
}

const assignments: Readonly<Record<Wish, string>> = {
  restart: `restart_count = restart_count + 1, wanted = 'running'`,
  'logged-out': `wanted = 'logged-out'`,
  deleted: `wanted = 'deleted'`,
}

/** The instance is to be locked before. */
export async function wishInstance(tx: Transaction, id: string, wish: Wish): Promise<void> {
  await tx.query(`update instance_ids set ${assignments[wish]} where instance_id = $1`, [id])
}

/** The last step of a purge calls it: what is left of the instance is its id. */
export async function emptyName(tx: Transaction, id: string): Promise<void> {
  await tx.query(`update instance_ids set name = '', settings = '{}' where instance_id = $1`, [id])
}

/** Every instance but those whose deletion is done or that are being erased, and those whose creation is not in the log yet: all their events come after it. */
export async function readWanted(database: Transaction): Promise<readonly Wanted[]> {
  const rows = await database.query<WantedRow>(
    `select i.instance_id, i.request_id, i.wanted, i.restart_count, i.settings, ${parkedFor('i.instance_id')} as parked_for,
       ${isPurged('i.instance_id')} as purged
     from instance_ids i
     where not ${isErased('i.instance_id')} and (i.wanted <> 'deleted' or ${parkedFor('i.instance_id')} is distinct from ${taskSql})
       and not ${isCreationOwed('i.instance_id')}
     order by i.reserved_at, i.instance_id`,
  )
  return rows.map(toWanted)
}

type WantedRow = {
  instance_id: string
  request_id: string
  wanted: Wanted['wanted']
  restart_count: number
  parked_for: string | null
  purged: boolean
  settings: unknown
}

const toWanted = (row: WantedRow): Wanted => ({
  instanceId: row.instance_id,
  requestId: row.request_id,
  wanted: row.wanted,
  restartCount: row.restart_count,
  parkedFor: row.parked_for,
  purged: row.purged,
  settings: readSettings(row.settings),
})

/** Its owner has done with what was asked of it: nothing comes of itself any more, such as a QR code. */
export const isParked = (database: Transaction, id: string): Promise<boolean> =>
  holds(database, `select from instance_ids i where i.instance_id = $1 and ${parkedFor('i.instance_id')} = ${taskSql}`, [id])

/** Its owner has done with its deletion, or it never had one: `isUnborn`, the log has not taken its creation. */
export const isGivenUp = (database: Transaction, { id, isUnborn }: { id: string; isUnborn: boolean }): Promise<boolean> =>
  holds(
    database,
    `select from instance_ids i where i.instance_id = $1 and (${parkedFor('i.instance_id')} is not distinct from ${deletionSql}
       or not ${isOwned('i.instance_id')} and $2)`,
    [id, isUnborn],
  )

/** There is one, and it is not deleted. */
export const isThere = (database: Transaction, id: string): Promise<boolean> =>
  holds(database, `select where ${isKept('$1')}`, [id])

/** The first of these that was never given out; null: all of them were. */
export async function neverGivenOut(database: Transaction, ids: readonly string[]): Promise<string | null> {
  const [row] = await database.query<{ id: string }>(
    `select id from unnest($1::text[]) with ordinality as asked (id, place)
     where not exists (select from instance_ids i where i.instance_id = asked.id) order by place limit 1`,
    [ids],
  )
  return row?.id ?? null
}

/** From the moment that it was asked for. */
export const isDeleted = (database: Transaction, id: string): Promise<boolean> =>
  holds(database, `select from instance_ids where instance_id = $1 and wanted = 'deleted'`, [id])

export async function countRunning(database: Pick<Database, 'query'>): Promise<number> {
  const [row] = await database.query<{ instances: number }>(
    `select count(*)::int as instances from instance_ids where wanted = 'running'`,
  )
  return row?.instances ?? 0
}

/** A condition, for `where`: there is one, and it is not deleted. `instanceId` is SQL. */
export const isKept = (instanceId: string): string =>
  `exists (select from instance_ids kept where kept.instance_id = ${instanceId} and kept.wanted <> 'deleted')`

/** Those that take the phone's history, in SQL; `offset 0`: whoever asks begins with them. */
export const takingHistory = `select taking.instance_id from instance_ids taking
   where taking.wanted <> 'deleted' and taking.settings -> 'historySync' = 'true'::jsonb offset 0`

/** As they are now; of an instance that there is not, the server's defaults. */
export async function settingsOf(database: Transaction, id: string): Promise<InstanceSettings> {
  const [row] = await database.query<{ settings: unknown }>('select settings from instance_ids where instance_id = $1', [id])
  return readSettings(row?.settings)
}

/** The same, of those that there are. */
export async function settingsOfMany(
  database: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InstanceSettings>> {
  const rows = await database.query<{ instance_id: string; settings: unknown }>(
    'select instance_id, settings from instance_ids where instance_id = any($1::text[])',
    [ids],
  )
  return new Map(rows.map(row => [row.instance_id, readSettings(row.settings)]))
}

/** For `from`: every id that was ever given out, with what people call it. */
export const reservedIds = `(select instance_id, name, settings, reserved_at, wanted <> 'deleted' as is_kept from instance_ids)`

const holds = async (database: Transaction, sql: string, values: readonly unknown[]): Promise<boolean> =>
  (await database.query(sql, [...values])).length > 0
