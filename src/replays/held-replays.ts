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

/**
 * Of one that is about to begin, before the topic is made: if its owner dies, it is deleted with the row. For leaseMs more nobody does. false: it is
 * somebody else's by now.
 */
export async function noteFirstTopic(
  database: Transaction,
  { replayId, owner }: Held,
  { topic, leaseMs }: { topic: string; leaseMs: number },
): Promise<boolean> {
  const rows = await database.query(
    `update replays set made_topics = array[$3::text], leased_until = now() + $4 * interval '1 millisecond'
     where replay_id = $1 and owner = $2 and removed returning replay_id`,
    [replayId, owner, topic, leaseMs],
  )
  return rows.length > 0
}

/** Everything that it needs is there: it is shown from now on, and anybody's to run. null: it is somebody else's by now. */
export async function startReplay(database: Transaction, { replayId, owner }: Held): Promise<Replay | null> {
  const [row] = await database.query<ReplayRow>(
    `update replays set removed = false, owner = null, leased_until = null
     where replay_id = $1 and owner = $2 and removed returning *`,
    [replayId, owner],
  )
  return row === undefined ? null : toReplay(row)
}

export async function countReplays(database: Transaction): Promise<ReadonlyMap<ReplayState, number>> {
  const rows = await database.query<{ state: ReplayState; replays: number }>(
    'select state, count(*)::integer as replays from replays where not removed group by state',
  )
  return new Map(rows.map(row => [row.state, row.replays]))
}
