// The rows of purges: who raises a row's revision goes on with it, whoever finds it raised stands aside. So a purge goes on wherever it was
// left, in whichever process, and nothing of it is counted twice.
import type { Transaction } from '../database/database.ts'

export type Purge = {
  instanceId: string
  requestId: string
  revision: string
  step: string
  cursor: unknown
  waitsFor: string | null
}
/** `erased`: how many more of what. What is left out stays, but for waitsFor, which is nothing then. */
export type Progress = {
  step?: string
  cursor?: unknown
  erased?: { what: string; count: number }
  waitsFor?: string
}

type Row = {
  instance_id: string
  request_id: string
  revision: string
  step: string
  cursor: unknown
  waits_for: string | null
}

const toPurge = (row: Row): Purge => ({
  instanceId: row.instance_id,
  requestId: row.request_id,
  revision: row.revision,
  step: row.step,
  cursor: row.cursor,
  waitsFor: row.waits_for,
})
const columns = 'instance_id, request_id, revision, step, cursor, waits_for'

/** Those that are not done, the longest asked for first. */
export const readUndone = async (database: Transaction): Promise<readonly Purge[]> =>
  (await database.query<Row>(`select ${columns} from purges where done_at is null order by requested_at, instance_id`)).map(
    toPurge,
  )

/** The purge as it is from now on, locked until the transaction ends; null: somebody else went on with it. */
export async function advance(tx: Transaction, purge: Purge, to: Progress = {}): Promise<Purge | null> {
  const { step, cursor, erased = { what: '', count: 0 }, waitsFor } = to
  const [row] = await tx.query<Row>(
    `update purges set revision = revision + 1, changed_at = now(), waits_for = $7,
       step = coalesce($3, step), cursor = case when $4 then $5::jsonb else cursor end,
       erased = case when $8::bigint = 0 then erased
                else jsonb_set(erased, array[$6], to_jsonb(coalesce((erased ->> $6)::bigint, 0) + $8::bigint)) end
     where instance_id = $1 and revision = $2 and done_at is null returning ${columns}`,
    [
      purge.instanceId,
      purge.revision,
      step ?? null,
      cursor !== undefined,
      cursor === undefined || cursor === null ? null : JSON.stringify(cursor),
      erased.what,
      waitsFor ?? null,
      erased.count,
    ],
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
  await tx.query(`update instance_ids set name = '', settings = '{}' where instance_id = $1`, [purge.instanceId])
  return true
}
