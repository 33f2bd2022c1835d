// Lanes that wait as rows. A lane is entered and left under its row's lock, so that no delivery slips past those before it;
// a claim, judged by Postgres' now(), keeps a lane to one drain at a time, also across nodes.
//
// A lane is due when its own wait is over, or when its endpoint calls what it failed to take before (standing.ts): then
// the lanes follow each other, the longest untried first, a few at once and within two seconds as many as may be.
// While an endpoint is failing, one lane at a time tries whether it is back: the longest due, at the endpoint's probe_at, 1 s to 5 min
// after the try before; where none is due and nothing was sent for 5 min, the next one to be. What was never tried does not wait for
// that: it is sent at once, one delivery of its lane.
//
// A lane of history comes after all others of its endpoint, and such lanes take half of the places at most: what happens finds one free.
import type { Database, Transaction } from '../../database/database.ts'
import { ofLane, rowsByKey } from '../../purge/erasure.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { markWaitingOf } from '../deliveries/deliveries.ts'
import {
  deleteWaitingOf,
  firstOf,
  givenWaiting,
  insertWaitingOf,
  isAnyIn,
  type Waiting,
  type WaitingRecord,
  type WaitingRow,
  waitingAlong,
  waitingColumns,
  waitingRecordOf,
} from '../deliveries/waiting.ts'
import { isDeleted, openEndpoints } from '../endpoints/endpoint-rows.ts'
import { isHistoryLane } from '../stream/chat-lanes.ts'

/** `token` is the claim's own: one that ran out is over, also where the same member claims the lane again. */
export type Claim = { lane: string; endpointId: string; token: string }

/** When a lane is due, and when the last try of its head began (0: just now, or never). */
export type Due = { dueInMs: number; triedMsAgo: number }

export type Entering = { waiting: Waiting; due: Due }
const lockedIn = (lanes: string): string => `
  entered as (${insertWaitingOf(`(select given.* from given join ${lanes} using (lane))`)}),
  marked as (${markWaitingOf(`select delivery_id from given join ${lanes} using (lane)`)})
  select given.lane in (select lane from ${lanes}) as waits from given order by place`

/** One delivery of a lane at most. Answers which of them wait now: those of purged instances do not. */
export async function enterWaiting(database: Transaction, batch: readonly Entering[]): Promise<readonly boolean[]> {
  const rows = await database.query<{ waits: boolean }>(
    // The update changes nothing, and locks the row of a lane that is there already.
    `with ${given(['due_in_ms', 'tried_ms_ago', 'of_history'], ['$11::float8[]', '$12::float8[]', '$13::boolean[]'])},
     lanes as (
       insert into webhook_waiting_lanes as w (lane, endpoint_id, due_at, tried_at, of_history)
       select lane, endpoint_id, now() + due_in_ms * interval '1 millisecond', now() - tried_ms_ago * interval '1 millisecond', of_history
         from given where not purged order by lane
       on conflict (lane) do update set lane = excluded.lane returning lane),
     ${lockedIn('lanes')}`,
    [
      ...columnsOf(batch.map(one => one.waiting)),
      batch.map(one => one.due.dueInMs),
      batch.map(one => one.due.triedMsAgo),
      batch.map(one => isHistoryLane(one.waiting.delivery.lane)),
    ],
  )
  return rows.map(row => row.waits)
}

/** One delivery of a lane at most. Answers which of them joined. */
export async function joinWaiting(database: Transaction, batch: readonly Waiting[]): Promise<readonly boolean[]> {
  const rows = await database.query<{ waits: boolean }>(
    `with ${given()},
     lanes as (
       select w.lane from webhook_waiting_lanes w join given using (lane) where not given.purged order by w.lane for update of w),
     ${lockedIn('lanes')}`,
    columnsOf(batch),
  )
  return rows.map(row => row.waits)
}

/** `more` are columns beside those, with their parameters. */
const given = (more: readonly string[] = [], parameters: readonly string[] = []): string => `
  given as materialized (
    select *, ${isPurged('i.instance_id')} as purged from ${givenWaiting}
      join unnest(${['$10::text[]', ...parameters].join(', ')}) with ordinality as i (${['instance_id', ...more, 'place'].join(', ')}) using (place))`

const columnsOf = (batch: readonly Waiting[]): readonly unknown[] => [
  ...waitingColumns(batch),
  batch.map(one => one.delivery.instanceId),
]

/** Without a word from the endpoint for so long, a failing one is tried although no lane is due. */
const SILENT_MS = 5 * 60_000
/** Of lanes that were called: this many more with each second since. */
const CALLED_PER_SECOND = 10

/** Of an endpoint `e`: its lanes that are due or called, at most so many (SQL). */
const claimable = (ofHistory: boolean, most: string): string => `array(
  select lane from (
    (select d.lane, d.tried_at from webhook_waiting_lanes d
      where d.endpoint_id = e.endpoint_id and d.of_history = ${ofHistory} and (d.claimed_until is null or d.claimed_until < now())
        and d.due_at <= case when e.failing_since is not null and e.failed_at < now() - $4 * interval '1 millisecond'
                             then 'infinity' else now() end
      order by d.due_at limit ${most})
    union
    (select t.lane, t.tried_at from webhook_waiting_lanes t
      where t.endpoint_id = e.endpoint_id and t.of_history = ${ofHistory} and (t.claimed_until is null or t.claimed_until < now())
        and t.tried_at < e.called_at
      order by t.tried_at limit ${most})) either
   order by tried_at limit ${most})`

/** Lanes that are due, of enabled endpoints, the longest due first and those of history last; at most perEndpoint of one endpoint at once for this member. */
export async function claimDueLanes(
  database: Database,
  of: { member: string; perEndpoint: number; claimMs: number },
): Promise<readonly Claim[]> {
  const rows = await database.query<{ lane: string; endpoint_id: string; claimed_by: string }>(
    `update webhook_waiting_lanes set claimed_by = $1 || '/' || gen_random_uuid(), claimed_until = now() + $3 * interval '1 millisecond'
      where lane in (
        select mine.lane from ${openEndpoints} e, lateral (
          select count(*) as every, count(*) filter (where starts_with(c.claimed_by, $1 || '/')) as ours,
                 count(*) filter (where starts_with(c.claimed_by, $1 || '/') and c.of_history) as history
            from webhook_waiting_lanes c where c.endpoint_id = e.endpoint_id and c.claimed_until >= now()) claims,
        lateral (
          select case
            when e.failing_since is null then least($2::float8, coalesce(1 + floor($5::float8 * extract(epoch from now() - e.called_at)::float8), $2::float8))
            when coalesce(e.probe_at, now()) <= now() and claims.every = 0 then 1
            else 0 end::bigint as places) allowed,
        lateral (select greatest(0, allowed.places - claims.ours) as places) free,
        lateral (select ${claimable(false, 'free.places')} as lanes offset 0) present,
        lateral (select greatest(0, least(
          free.places - cardinality(present.lanes), greatest(1, allowed.places / 2) - claims.history)) as places) rest,
        lateral (select ${claimable(true, 'rest.places')} as lanes) past,
        lateral (
          select w.lane from webhook_waiting_lanes w
           where (w.claimed_until is null or w.claimed_until < now()) and w.lane = any (present.lanes || past.lanes)
           for update skip locked) mine)
      returning lane, endpoint_id, claimed_by`,
    [of.member, of.perEndpoint, of.claimMs, SILENT_MS, CALLED_PER_SECOND],
  )
  return rows.map(row => ({ lane: row.lane, endpointId: row.endpoint_id, token: row.claimed_by }))
}

/** `finished`: the delivery before, which is taken off the lane. */
export type Heading = { claim: Claim; finished: string | null }

/**
 * Renews each claim and answers its lane's first delivery, after taking the one that is finished off it; null: the claim is lost or nothing
 * waits.
 */
export async function headsOf(
  database: Transaction,
  batch: readonly Heading[],
  claimMs: number,
): Promise<readonly (WaitingRecord | null)[]> {
  const rows = await database.query<WaitingRow & { place: string }>(
    `with given as materialized (
       select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as g (lane, token, finished, place)),
     gone as (${deleteWaitingOf('select finished from given')}),
     ours as materialized (
       select w.lane, given.place, given.finished from webhook_waiting_lanes w join given using (lane)
        where w.claimed_by = given.token and w.claimed_until >= now() order by w.lane for update of w),
     renewed as (
       update webhook_waiting_lanes w set claimed_until = now() + $4 * interval '1 millisecond' from ours where w.lane = ours.lane)
     select ours.place, head.* from ours, lateral (${firstOf('ours.lane', 'ours.finished')}) head`,
    [batch.map(one => one.claim.lane), batch.map(one => one.claim.token), batch.map(one => one.finished ?? ''), claimMs],
  )
  const heads = new Map(rows.map(row => [Number(row.place), waitingRecordOf(row)]))
  return batch.map((_, index) => heads.get(index + 1) ?? null)
}

/** Lanes of which nothing is left wait no more. Answers in which more wait; they are looked at once nobody can enter them. */
export const leaveWaiting = (database: Database, lanes: readonly string[], signal: AbortSignal): Promise<readonly boolean[]> =>
  database.transact(async tx => {
    await tx.query('select from webhook_waiting_lanes where lane = any($1) order by lane for update', [lanes])
    const left = await tx.query<{ lane: string }>(
      `delete from webhook_waiting_lanes w where w.lane = any($1) and not ${isAnyIn('w.lane')} returning w.lane`,
      [lanes],
    )
    const gone = new Set(left.map(row => row.lane))
    return lanes.map(lane => !gone.has(lane))
  }, signal)

export async function deleteLanes(tx: Transaction, lanes: readonly string[]): Promise<void> {
  await tx.query('delete from webhook_waiting_lanes where lane = any($1)', [lanes])
}

/** Lanes of deleted endpoints, locked as by whoever enters and leaves them; one that is being attempted is none of them. */
export async function lockLanesOfDeleted(tx: Transaction, most: number): Promise<readonly string[]> {
  const rows = await tx.query<{ lane: string }>(
    `select w.lane from webhook_waiting_lanes w
      where ${isDeleted('w.endpoint_id')} and (w.claimed_until is null or w.claimed_until < now()) limit $1 for update of w skip locked`,
    [most],
  )
  return rows.map(row => row.lane)
}

/** A join: the row `w` of this lane (SQL), where it waits; looked up for each, also by a plan that was made while there were few. */
export const joinWaitingLane = (lane: string): string =>
  `left join lateral (select * from webhook_waiting_lanes where lane = ${lane} limit 1) w on true`

/** Gives the claim back; with a due time the lane is due again only then. */
export async function giveBack(database: Database, claim: Claim, due: Due | null): Promise<void> {
  await database.query(
    `update webhook_waiting_lanes set claimed_by = null, claimed_until = null,
       due_at = case when $3::float8 is null then due_at else now() + $3::float8 * interval '1 millisecond' end,
       tried_at = case when $3::float8 is null then tried_at else now() - $4::float8 * interval '1 millisecond' end
      where lane = $1 and claimed_by = $2`,
    [claim.lane, claim.token, due?.dueInMs ?? null, due?.triedMsAgo ?? null],
  )
}

/** For `in`: the lanes of the instance $1 that have rows. */
export const lanesOfInstance = `(select lane from webhook_waiting_lanes where ${ofLane})`

export const waitingLanesErasure = rowsByKey({
  table: 'webhook_waiting_lanes',
  key: 'lane',
  where: ofLane,
  along: [waitingAlong],
})
