// The rows of purges: who raises a row's revision goes on with it, whoever finds it raised stands aside. So a purge goes on wherever it was
// left, in whichever process, and nothing of it is counted twice. What only waits raises nothing: it throws nobody out.
import type { Transaction } from '../database/database.ts'
import { emptyName } from '../instances/instance-ids.ts'

export type Purge = {
  instanceId: string
  requestId: string
  revision: string
  step: string
  cursor: unknown
  waitsFor: string | null
  /** Since somebody went on with it last, by Postgres' clock; null: nobody has begun. */
  idleMs: number | null
}
/** `erased`: how many more of what. What is left out stays; what it waited for is over. */
export type Progress = {
  step?: string
  cursor?: unknown
  erased?: { what: string; count: number }
}

type Row = {
  instance_id: string
  request_id: string
  revision: string
  step: string
  cursor: unknown
  waits_for: string | null
  idle_ms: number | null
}

const toPurge = (row: Row): Purge => ({
  instanceId: row.instance_id,
  requestId: row.request_id,
  revision: row.revision,
  step: row.step,
  cursor: row.cursor,
  waitsFor: row.waits_for,
  idleMs: row.idle_ms,
})
const columns = `instance_id, request_id, revision, step, cursor, waits_for,
  case when revision > 0 then (extract(epoch from clock_timestamp() - changed_at) * 1000)::float8 end as idle_ms`

/** Those that are not done, the longest asked for first. */
export const readUndone = async (database: Transaction): Promise<readonly Purge[]> =>
  (await database.query<Row>(`select ${columns} from purges where done_at is null order by requested_at, instance_id`)).map(
    toPurge,
  )

/** The purge as it is from now on, locked until the transaction ends; null: somebody else went on with it. */
export async function advance(tx: Transaction, purge: Purge, to: Progress = {}): Promise<Purge | null> {
  const { step, cursor, erased = { what: '', count: 0 } } = to
  const [row] = await tx.query<Row>(
    `update purges set revision = revision + 1, changed_at = now(), waits_for = null,
       step = coalesce($3, step), cursor = case when $4 then $5::jsonb else cursor end,
       erased = case when $7::bigint = 0 then erased
                else jsonb_set(erased, array[$6], to_jsonb(coalesce((erased ->> $6)::bigint, 0) + $7::bigint)) end
     where instance_id = $1 and revision = $2 and done_at is null returning ${columns}`,
    [
      purge.instanceId,
      purge.revision,
      step ?? null,
      cursor !== undefined,
      cursor === undefined || cursor === null ? null : JSON.stringify(cursor),
      erased.what,
      erased.count,
    ],
  )
  return row === undefined ? null : toPurge(row)
}

/** For whoever asks how far it is. The purge as it is now; null: somebody else went on with it. */
export async function tellWaiting(tx: Transaction, purge: Purge, waitsFor: string): Promise<Purge | null> {
  if (purge.waitsFor === waitsFor) return purge
  const [row] = await tx.query<Row>(
    `update purges set waits_for = $3 where instance_id = $1 and revision = $2 and done_at is null returning ${columns}`,
    [purge.instanceId, purge.revision, waitsFor],
  )
  return row === undefined ? null : toPurge(row)
}

/** With the last of it: what is left of the instance is its id. */
export async function finish(tx: Transaction, purge: Purge): Promise<boolean> {
  const rows = await tx.query(
    `update purges set revision = revision + 1, changed_at = now(), done_at = now(), waits_for = null, cursor = null, step = 'done'
     where instance_id = $1 and revision = $2 and done_at is null returning instance_id`,
    [purge.instanceId, purge.revision],
  )
  if (rows.length === 0) return false
  await emptyName(tx, purge.instanceId)
  return true
}
