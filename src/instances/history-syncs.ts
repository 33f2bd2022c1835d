// The table history_syncs: how far each part of a phone's history is worked off. This file alone reads and writes it. Whoever goes on says from
// which place, so that of two who do the same only one moves it; the other's events are copies.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import { isKept, takingHistory } from './instance-ids.ts'

export type HistoryPart = {
  instanceId: string
  /** Of the notification, as the next two. */
  eventId: string
  epoch: number
  sequence: number
  syncType: string
  chunk: number | null
  percent: number | null
}
/** `entriesDone`: of its file, in their order. */
export type Counts = { entriesDone: number; messages: number; people: number; unreadable: number }
export type HistorySync = HistoryPart &
  Counts & {
    state: 'started' | 'progressed' | 'completed' | 'failed'
    round: number
    total: number | null
    withoutMessages: boolean
    reason: string | null
    detail: string | null
    startedAt: Date
    updatedAt: Date
    /** Where the notification is in the log. */
    position: { topic: string; partition: number; nextOffset: bigint }
  }

export const isOver = ({ state }: Pick<HistorySync, 'state'>): boolean => state === 'completed' || state === 'failed'

/**
 * As it stands, or from its beginning: also where its messages were left out so far, and are not any more. What is over stays as it is.
 * null: its instance is purged, or deleted.
 */
export async function beginSync(
  database: Transaction,
  of: HistoryPart & Pick<HistorySync, 'withoutMessages' | 'position'>,
): Promise<HistorySync | null> {
  const { instanceId, eventId, epoch, sequence, syncType, chunk, percent, withoutMessages, position } = of
  const values = [instanceId, eventId, epoch, sequence, syncType, chunk, percent, withoutMessages]
  const at = [position.topic, position.partition, String(position.nextOffset)]
  const [row] = await database.query<Row>(beginSql, [...values, ...at])
  return row === undefined ? null : syncOf(row)
}

const isOverSql = `old.state in ('completed', 'failed')`
const beginsAgain = `not ${isOverSql} and old.without_messages and not excluded.without_messages`
const reset = (column: string) => `${column} = case when ${beginsAgain} then 0 else old.${column} end`
const beginSql = `insert into history_syncs as old
  (instance_id, event_id, epoch, sequence, sync_type, chunk, percent, state, without_messages, topic, partition, next_offset)
select $1, $2, $3::bigint, $4::bigint, $5, $6::integer, $7::integer, 'started', $8::boolean, $9, $10::integer, $11::bigint where not ${isPurged('$1')} and ${isKept('$1')}
on conflict (instance_id, event_id) do update set
  round = old.round + case when ${beginsAgain} then 1 else 0 end,
  ${['entries_done', 'messages', 'people', 'unreadable'].map(reset).join(', ')},
  without_messages = case when ${isOverSql} then old.without_messages else excluded.without_messages end,
  updated_at = case when ${isOverSql} then old.updated_at else now() end
returning *`

type Placed = Pick<HistorySync, 'instanceId' | 'eventId' | 'round' | 'entriesDone'>

/** Adds what was done from the place on. false: somebody else went on from there, or its instance is purged, or deleted. */
export async function moveSync(tx: Transaction, at: Placed, done: Counts): Promise<boolean> {
  const { entriesDone, messages, people, unreadable } = done
  const moved = await tx.query(
    `update history_syncs set state = 'progressed', entries_done = entries_done + $5, messages = messages + $6, people = people + $7,
       unreadable = unreadable + $8, updated_at = now()
     where ${isAt} returning 1`,
    [...placeOf(at), entriesDone, messages, people, unreadable],
  )
  return moved.length > 0
}

/** `failure` null: it is done. false: as for `moveSync`. */
export async function endSync(
  database: Transaction,
  at: Placed,
  failure: { reason: string; detail: string } | null,
): Promise<boolean> {
  const ended = await database.query(
    `update history_syncs set state = $5, total = case when $6::text is null then messages end, reason = $6, detail = $7, updated_at = now()
     where ${isAt} returning 1`,
    [...placeOf(at), failure === null ? 'completed' : 'failed', failure?.reason ?? null, failure?.detail ?? null],
  )
  return ended.length > 0
}

const isAt = `instance_id = $1 and event_id = $2 and round = $3 and entries_done = $4 and state in ('started', 'progressed')
  and not ${isPurged('$1')} and ${isKept('$1')}`
const placeOf = ({ instanceId, eventId, round, entriesDone }: Placed) => [instanceId, eventId, round, entriesDone]

/**
 * The next one that is to be worked off again, from its beginning: without messages so far, of an instance that takes them now; else one
 * that whoever took it has left for so long. Of an instance that was taken up longest ago, so that none waits for all of another's parts.
 * Nobody else is given it meanwhile.
 */
export async function takeAgain(database: Transaction, { leftAfterMs }: { leftAfterMs: number }): Promise<HistorySync | null> {
  const [row] = await database.query<Row>(takeSql, [leftAfterMs])
  return row === undefined ? null : syncOf(row)
}

// From the instances that take history, which are few, to what they have left out: all others have that of all of their parts, for ever.
const takeSql = `with without_messages as (
  select s.instance_id, s.event_id, true as is_whole from (${takingHistory}) t
  cross join lateral (select max(updated_at) as at from history_syncs r where r.instance_id = t.instance_id and r.round > 1) served
  join history_syncs s on s.instance_id = t.instance_id
  where s.without_messages and s.state = 'completed' and not ${isPurged('s.instance_id')}
  order by served.at nulls first, s.updated_at limit 1 for update of s skip locked
), left_alone as (
  select s.instance_id, s.event_id, false as is_whole from history_syncs s
  where s.round > 1 and s.state in ('started', 'progressed') and s.updated_at < now() - $1::double precision * interval '1 millisecond'
    and not ${isPurged('s.instance_id')} and ${isKept('s.instance_id')}
  order by s.updated_at limit 1 for update skip locked
), due as (
  (select * from without_messages union all select * from left_alone) order by is_whole desc limit 1
)
update history_syncs old set
  state = case when is_whole then 'started' else old.state end, round = old.round + case when is_whole then 1 else 0 end,
  ${['entries_done', 'messages', 'people', 'unreadable'].map(column => `${column} = case when is_whole then 0 else old.${column} end`).join(', ')},
  without_messages = not is_whole and old.without_messages, updated_at = now()
from due where (old.instance_id, old.event_id) = (due.instance_id, due.event_id)
returning old.*`

export type SyncCounts = { running: number; failed: number; messages: number; people: number }

/** Of all parts of an instance how many there are of what, and the newest ones, newest first: both as they are at one moment. */
export async function readSyncs(
  database: Transaction,
  instanceId: string,
  { limit }: { limit: number },
): Promise<{ counts: SyncCounts; newest: readonly HistorySync[] }> {
  const rows = await database.query<CountedRow & (Row | { event_id: null })>(readSql, [instanceId, limit])
  const [first] = rows
  const count = (name: keyof CountedRow) => Number(first?.[name] ?? 0)
  return {
    counts: {
      ...{ running: count('of_running'), failed: count('of_failed') },
      ...{ messages: count('of_messages'), people: count('of_people') },
    },
    newest: rows.flatMap(row => (row.event_id === null ? [] : [syncOf(row)])),
  }
}

type CountedRow = Record<'of_running' | 'of_failed' | 'of_messages' | 'of_people', string>

const readSql = `with counted as (
  select count(*) filter (where state in ('started', 'progressed')) as of_running, count(*) filter (where state = 'failed') as of_failed,
    coalesce(sum(messages), 0) as of_messages, coalesce(sum(people), 0) as of_people
  from history_syncs where instance_id = $1
)
select counted.*, newest.* from counted left join lateral (
  select * from history_syncs where instance_id = $1 order by started_at desc, event_id desc limit $2
) newest on true order by newest.started_at desc, newest.event_id desc`

export const syncsErasure = rowsOf('history_syncs')

type Row = {
  instance_id: string
  event_id: string
  epoch: string
  sequence: string
  sync_type: string
  chunk: number | null
  percent: number | null
  state: HistorySync['state']
  round: number
  entries_done: string
  messages: string
  total: string | null
  people: string
  unreadable: string
  without_messages: boolean
  reason: string | null
  detail: string | null
  started_at: Date
  updated_at: Date
  topic: string
  partition: number
  next_offset: string
}

const syncOf = (row: Row): HistorySync => ({
  instanceId: row.instance_id,
  eventId: row.event_id,
  epoch: Number(row.epoch),
  sequence: Number(row.sequence),
  syncType: row.sync_type,
  chunk: row.chunk,
  percent: row.percent,
  state: row.state,
  round: row.round,
  entriesDone: Number(row.entries_done),
  messages: Number(row.messages),
  total: row.total === null ? null : Number(row.total),
  people: Number(row.people),
  unreadable: Number(row.unreadable),
  withoutMessages: row.without_messages,
  reason: row.reason,
  detail: row.detail,
  startedAt: row.started_at,
  updatedAt: row.updated_at,
  position: { topic: row.topic, partition: row.partition, nextOffset: BigInt(row.next_offset) },
})
