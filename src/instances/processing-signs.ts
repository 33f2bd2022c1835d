// Signs of sessions that run, in the hands of who holds their accounts: each is claimed under its epoch, in the row, before it is shown.
import type { Transaction } from '../database/database.ts'
import { heldOwners, type Owned } from './instance-owners.ts'
import type { SessionTarget } from './processing-sessions.ts'

/** `nth`: from 1 on, of its start. */
export type ClaimedSign = Owned & { sessionId: string; chatId: string; messageId: string; target: SessionTarget; nth: number }
type Asked = { everyMs: number; mostSessions: number }

/**
 * Of the sessions of these owners' accounts, of each account the first ones alone, those whose sign is due; and how long the next one is away,
 * null where none runs. What is claimed is claimed once: its next one is due `everyMs` later. None of a session that has ended: who ends one
 * waits for this statement, or this one sees its end.
 */
export async function claimSigns(
  database: Transaction,
  owners: readonly Owned[],
  { everyMs, mostSessions }: Asked,
): Promise<{ claimed: readonly ClaimedSign[]; nextInMs: number | null }> {
  const rows = await database.query<Row>(claimSql, [
    owners.map(one => one.instanceId),
    owners.map(one => one.epoch),
    mostSessions,
    everyMs,
  ])
  const claimed = rows.flatMap(row => (row.session_id === null ? [] : [signOf(row, row.session_id)]))
  return { claimed, nextInMs: rows[0]?.next_in_ms ?? null }
}

type Row = { session_id: string | null; next_in_ms: number | null } & Readonly<
  Record<'instance_id' | 'epoch' | 'chat_id' | 'message_id', string>
> & { target: SessionTarget; signs: number }

const runs = 's.ended_at is null and s.timeout_at > now()'
/** Owners of accounts without a session are not locked. */
const claimSql = `with given as (
  select number, instance_id, epoch from unnest($1::text[], $2::bigint[]) with ordinality as g(instance_id, epoch, number)
  where exists (select from processing_sessions s where s.instance_id = g.instance_id and ${runs})
), held as (${heldOwners('given')}
), running as (
  select held.epoch, first.* from held cross join lateral (
    select s.session_id, s.sign_at from processing_sessions s
    where s.instance_id = held.instance_id and ${runs} order by s.started_at, s.session_id limit $3) first
), claimed as (
  update processing_sessions s set signs = s.signs + 1, sign_at = now() + $4 * interval '1 millisecond'
  from running r where r.session_id = s.session_id and r.sign_at <= now() and s.ended_at is null and s.sign_at <= now()
  returning s.session_id, s.instance_id, r.epoch, s.chat_id, s.message_id, s.target, s.signs
), next as (
  select min(greatest(0, case when sign_at <= now() then $4::float8 else extract(epoch from sign_at - now()) * 1000 end))::float8 as next_in_ms
  from running
)
select claimed.*, next.next_in_ms from next left join claimed on true`

const signOf = (row: Row, sessionId: string): ClaimedSign => ({
  sessionId,
  instanceId: row.instance_id,
  epoch: Number(row.epoch),
  chatId: row.chat_id,
  messageId: row.message_id,
  target: row.target,
  nth: row.signs,
})
