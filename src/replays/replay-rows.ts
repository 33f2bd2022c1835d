// The rows of replays: what was asked for, and how each stands. Who runs them is held-replays.ts' business.
import type { Transaction } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { replayStates } from '../events/vocabulary.ts'

export type ReplayState = (typeof replayStates.here)[number]
/** What was asked for. `topics`: names without the prefix. null: all of them, or for a range its end of the log. */
export type ReplayRequest = {
  name: string
  topics: readonly TopicName[]
  from: unknown
  until: unknown
  types: readonly string[] | null
  instanceIds: readonly string[] | null
  chats: readonly string[] | null
  rate: number
  follow: boolean
  perType: boolean
  marker: boolean
}
export type Replay = ReplayRequest & {
  replayId: string
  state: ReplayState
  why: string | null
  /** By their whole names. */
  madeTopics: readonly string[]
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  expiresAt: Date | null
  /** Since when it has been running without a pause, and how many records it had read by then. */
  resumedAt: Date | null
  resumedRecords: number
}

export type ReplayRow = {
  replay_id: string
  name: string
  state: ReplayState
  topics: TopicName[]
  range_from: unknown
  range_until: unknown
  types: string[] | null
  instance_ids: string[] | null
  chats: string[] | null
  rate: number
  follow: boolean
  per_type: boolean
  marker: boolean
  why: string | null
  made_topics: string[]
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
  expires_at: Date | null
  resumed_at: Date | null
  resumed_records: string
}

export const toReplay = (row: ReplayRow): Replay => ({
  replayId: row.replay_id,
  name: row.name,
  topics: row.topics,
  from: row.range_from,
  until: row.range_until,
  types: row.types,
  instanceIds: row.instance_ids,
  chats: row.chats,
  rate: row.rate,
  follow: row.follow,
  perType: row.per_type,
  marker: row.marker,
  state: row.state,
  why: row.why,
  madeTopics: row.made_topics,
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  expiresAt: row.expires_at,
  resumedAt: row.resumed_at,
  resumedRecords: Number(row.resumed_records),
})

/** It is the owner's to begin; nobody is shown it before. false: the name is taken, perhaps by one whose topics are about to be deleted. */
export async function insertReplay(
  tx: Transaction,
  { replayId, owner, leaseMs, ...asked }: ReplayRequest & { replayId: string; owner: string; leaseMs: number },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into replays (replay_id, name, topics, range_from, range_until, types, instance_ids, chats, rate, follow, per_type, marker,
                          removed, owner, leased_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, true, $13, now() + $14 * interval '1 millisecond') on conflict (name) do nothing returning replay_id`,
    [
      ...[replayId, asked.name, asked.topics, jsonText(asked.from), jsonText(asked.until), asked.types, asked.instanceIds],
      ...[asked.chats, asked.rate, asked.follow, asked.perType, asked.marker, owner, leaseMs],
    ],
  )
  return rows.length > 0
}

const jsonText = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** By its id or its name: no name has an underscore. */
export async function findReplay(database: Transaction, id: string): Promise<Replay | null> {
  const [row] = await database.query<ReplayRow>('select * from replays where (replay_id = $1 or name = $1) and not removed', [id])
  return row === undefined ? null : toReplay(row)
}

export type ReplayPage = { limit: number; cursor?: string | undefined; after?: number | undefined; before?: number | undefined }

/** Newest first; one more than the limit where there is more. `after`, `before`: epoch ms. */
export async function findReplays(
  database: Transaction,
  { limit, cursor, after, before }: ReplayPage,
): Promise<readonly Replay[]> {
  const rows = await database.query<ReplayRow>(
    `select * from replays r where not removed
        and ($1::text is null or (created_at, replay_id) < (select c.created_at, c.replay_id from replays c where c.replay_id = $1))
        and ($2::float8 is null or created_at >= to_timestamp($2 / 1000)) and ($3::float8 is null or created_at < to_timestamp($3 / 1000))
      order by created_at desc, replay_id desc limit $4`,
    [cursor ?? null, after ?? null, before ?? null, limit + 1],
  )
  return rows.map(toReplay)
}

/** From which states one comes to another. One that failed may be told to go on. */
const before = { running: ['paused', 'failed'], paused: ['running'], cancelled: ['running', 'paused'] } as const
export type WantedState = keyof typeof before
/** Where its rate alone is changed. */
const changeable = ['running', 'paused', 'failed']

/** `recordsRead`: so far. null: it is not in a state from which it can be changed in that way. What it is already it stays. */
export async function changeReplay(
  tx: Transaction,
  replayId: string,
  change: { state: WantedState | null; rate: number | null; recordsRead: number; keepMs: number },
): Promise<Replay | null> {
  const { state, rate, recordsRead, keepMs } = change
  const [row] = await tx.query<ReplayRow>(
    `update replays set rate = coalesce($3, rate), state = coalesce($2::text, state),
       why = case when $2::text is null or $2 = state then why end,
       resumed_at = case when $2 = 'running' and state <> 'running' then null else resumed_at end,
       resumed_records = case when $2 = 'running' and state <> 'running' then $5::bigint else resumed_records end,
       ended_at = case when $2 = 'cancelled' and state <> 'cancelled' then now() when $2 = 'running' then null else ended_at end,
       expires_at = case when $2 = 'cancelled' and state <> 'cancelled' then now() + $6 * interval '1 millisecond'
                         when $2 = 'running' then null else expires_at end
     where replay_id = $1 and not removed and (state = $2 or state = any($4::text[])) returning *`,
    [replayId, state, rate, state === null ? changeable : before[state], recordsRead, keepMs],
  )
  return row === undefined ? null : toReplay(row)
}

/** false: there is none. Nobody is shown it from now on; its topics are deleted by who runs replays. */
export async function markRemoved(database: Transaction, replayId: string): Promise<boolean> {
  const rows = await database.query(
    'update replays set removed = true where replay_id = $1 and not removed returning replay_id',
    [replayId],
  )
  return rows.length > 0
}

/** A lost wake only costs time. */
export const wakeReplays = (database: Transaction) => database.query(`select pg_notify('${replaysChannel}', '')`)
export const replaysChannel = 'replays'
