// Which objects under incoming/ are ours, and since when: a row is written before its object is put, and goes after it was deleted, so
// that a crash leaves a row without an object, never an object of ours without a row.
import type { Transaction } from '../database/database.ts'
import type { ObjectRows } from '../purge/object-rows.ts'
import { isPurged } from '../purge/tombstones.ts'
import { coalesce } from '../runtime/coalesce.ts'

export type IncomingRows = {
  /** Answers whether there was no row: then there is hardly an object of ours. No row for a purged instance. */
  begin(of: IncomingObject): Promise<boolean>
  /** Before a put: the object's age begins anew. No row for a purged instance. */
  remember(of: IncomingObject): Promise<void>
  /** Objects that are there and proven to be ours; a row that is there already stays as it is. */
  adopt(of: readonly (IncomingObject & { writtenAt: number })[]): Promise<void>
  /** The oldest keys that were written more than `keptMs` ago, at most `limit`. */
  due(of: { keptMs: number; limit: number }): Promise<readonly string[]>
  /** After they were deleted; a key that was put again meanwhile keeps its row. */
  forget(keys: readonly string[], of: { keptMs: number }): Promise<void>
  isAdopted(): Promise<boolean>
  markAdopted(): Promise<void>
}
export type IncomingObject = { key: string; instanceId: string }

/** Every method rejects DatabaseError. Ages are by Postgres' clock. */
export function createIncomingRows(database: Transaction): IncomingRows {
  return {
    begin: coalesce(of => beginAll(database, of), MAX_BATCH),
    remember: coalesce(of => rememberAll(database, of), MAX_BATCH),
    async adopt(of) {
      await database.query(
        `insert into incoming_objects (key, instance_id, written_at)
         select key, instance_id, to_timestamp(written_at / 1000.0)
         from unnest($1::text[], $2::text[], $3::double precision[]) with ordinality as n(key, instance_id, written_at, nth)
         where not ${isPurged('n.instance_id')}
         order by nth
         on conflict (key) do nothing`,
        [of.map(one => one.key), of.map(one => one.instanceId), of.map(one => one.writtenAt)],
      )
    },
    async due({ keptMs, limit }) {
      const rows = await database.query<{ key: string }>(
        `select key from incoming_objects where ${IS_DUE} order by written_at limit $2`,
        [keptMs, limit],
      )
      return rows.map(row => row.key)
    },
    async forget(keys, { keptMs }) {
      await database.query(`delete from incoming_objects where ${IS_DUE} and key = any($2::text[])`, [keptMs, keys])
    },
    async isAdopted() {
      return (await database.query('select from incoming_adoption')).length > 0
    },
    async markAdopted() {
      await database.query('insert into incoming_adoption default values on conflict do nothing')
    },
  }
}

/** Those that are asked for while one statement is on its way are the next one. */
const MAX_BATCH = 500

/** Of two of one key one is the first. */
async function beginAll(database: Transaction, of: readonly IncomingObject[]): Promise<readonly boolean[]> {
  const rows = await database.query<{ key: string }>(`${insertAll} on conflict (key) do nothing returning key`, columnsOf(of))
  const begun = new Set(rows.map(row => row.key))
  return of.map(({ key }) => begun.delete(key))
}

async function rememberAll(database: Transaction, of: readonly IncomingObject[]): Promise<readonly undefined[]> {
  await database.query(`${insertAll} on conflict (key) do update set written_at = now()`, columnsOf(of))
  return of.map(() => undefined)
}

/** In the order of their keys, so that no two of these wait for each other. */
const insertAll = `insert into incoming_objects (key, instance_id)
  select key, instance_id
  from (select distinct on (key) key, instance_id from unnest($1::text[], $2::text[]) as n(key, instance_id) order by key) as n
  where not ${isPurged('n.instance_id')}
  order by key`

const columnsOf = (of: readonly IncomingObject[]) => [of.map(one => one.key), of.map(one => one.instanceId)]

const IS_DUE = `written_at < now() - $1::double precision * interval '1 millisecond'`

/** For a purge, which erases the object before its row. */
export const incomingObjectRows: ObjectRows = {
  table: 'incoming_objects',
  keysOf: async (tx, instanceId, limit) => {
    const rows = await tx.query<{ key: string }>('select key from incoming_objects where instance_id = $1 limit $2', [
      instanceId,
      limit,
    ])
    return rows.map(row => row.key)
  },
  forget: async (tx, instanceId, keys) => {
    await tx.query('delete from incoming_objects where instance_id = $1 and key = any($2::text[])', [instanceId, keys])
  },
}
