// Which process has a replay: of two that want it one has it, for as long as it says so. The lease is taken, renewed and given back by Postgres'
// clock, and whoever writes for a replay asks in the statement that writes whether it is still held.
import type { Transaction } from '../database/database.ts'
import { type Replay, type ReplayRow, type ReplayState, toReplay } from './replay-rows.ts'

export type Held = { replayId: string; owner: string }

export type Owner = { owner: string; leaseMs: number }

/**
 * What this owner has stays its for leaseMs, also what is to stop: something of it may be on its way still. Waits for who has a row locked for a
 * moment: it is ours all the same.
 */
export async function keepReplays(database: Transaction, { owner, leaseMs }: Owner): Promise<readonly Replay[]> {
  const rows = await database.query<ReplayRow>(
    `update replays set leased_until = now() + $2 * interval '1 millisecond' where owner = $1 and not removed returning *`,
    [owner, leaseMs],
  )
  return rows.map(toReplay)
}

/** At most so many more of those that run and are nobody's are this owner's from now on; those first that wait the longest. */
export async function takeReplays(database: Transaction, { owner, leaseMs }: Owner, most: number): Promise<readonly Replay[]> {
  const rows = await database.query<ReplayRow>(
    `update replays set owner = $1, leased_until = now() + $2 * interval '1 millisecond',
       started_at = coalesce(started_at, now()), resumed_at = coalesce(resumed_at, now())
     where replay_id in (select replay_id from replays where ${waits}
                          order by coalesce(leased_until, created_at), replay_id limit $3 for update skip locked)
     returning *`,
    [owner, leaseMs, most],
  )
  return rows.map(toReplay)
}

/** It runs, and nobody has it: never, or no more since leased_until. */
const waits = `state = 'running' and not removed and (owner is null or leased_until < now())`

export async function isAnyWaiting(database: Transaction): Promise<boolean> {
  return (await database.query(`select from replays where ${waits} limit 1`)).length > 0
}

/** The replay $1 runs, and $2 has it. */
const held = `replay_id = $1 and owner = $2 and state = 'running' and not removed`
/** The same, as a condition for statements of other tables. */
export const isHeld = `exists (select from replays where ${held})`

/** Whoever comes next need not wait for the lease to run out. It waits from now on, behind those that wait already. */
export async function letGo(database: Transaction, { replayId, owner }: Held): Promise<void> {
  await database.query('update replays set owner = null, leased_until = now() where replay_id = $1 and owner = $2', [
    replayId,
    owner,
  ])
}

/** Nobody's for so long, this owner's neither: what it began to append may land until then. */
export async function leaveOpen(database: Transaction, { replayId, owner }: Held, forMs: number): Promise<void> {
  await database.query(
    `update replays set owner = 'an append that was left open', leased_until = now() + $3 * interval '1 millisecond'
      where replay_id = $1 and owner = $2`,
    [replayId, owner, forMs],
  )
}

/** false: it is somebody else's by now, or was stopped. */
export async function endReplay(
  tx: Transaction,
  { replayId, owner }: Held,
  { state, why, keepMs }: { state: 'done' | 'failed'; why: string | null; keepMs: number },
): Promise<boolean> {
  const rows = await tx.query(
    `update replays set state = $3, why = $4, ended_at = now(), expires_at = now() + $5 * interval '1 millisecond',
       owner = null, leased_until = null
     where ${held} returning replay_id`,
    [replayId, owner, state, why, keepMs],
  )
  return rows.length > 0
}

/** Before it is made, so that it is deleted with the others whatever happens in between. */
export async function noteTopic(database: Transaction, { replayId, owner }: Held, topic: string): Promise<boolean> {
  const rows = await database.query(
    `update replays set made_topics = case when $3 = any(made_topics) then made_topics else made_topics || $3::text end
     where ${held} returning replay_id`,
    [replayId, owner, topic],
  )
  return rows.length > 0
}

/** What nobody took down within its time goes as if somebody had. */
export async function expireReplays(database: Transaction): Promise<void> {
  await database.query('update replays set removed = true where expires_at < now() and not removed')
}

/** Removed, written by nobody any more, and this owner's to delete; with their topics. */
export async function holdRemoved(
  database: Transaction,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<readonly { replayId: string; madeTopics: readonly string[] }[]> {
  const rows = await database.query<{ replay_id: string; made_topics: string[] }>(
    `update replays set owner = $1, leased_until = now() + $2 * interval '1 millisecond'
     where replay_id in (select replay_id from replays where removed and (owner is null or leased_until < now()) for update skip locked)
     returning replay_id, made_topics`,
    [owner, leaseMs],
  )
  return rows.map(row => ({ replayId: row.replay_id, madeTopics: row.made_topics }))
}

/** Once its topics are gone. */
export async function forgetReplay(database: Transaction, { replayId, owner }: Held): Promise<void> {
  await database.query('delete from replays where replay_id = $1 and owner = $2 and removed', [replayId, owner])
}

export async function countReplays(database: Transaction): Promise<ReadonlyMap<ReplayState, number>> {
  const rows = await database.query<{ state: ReplayState; replays: number }>(
    'select state, count(*)::integer as replays from replays where not removed group by state',
  )
  return new Map(rows.map(row => [row.state, row.replays]))
}
