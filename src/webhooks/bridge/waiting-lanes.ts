// Lanes that wait as rows. A lane is entered and left under its row's lock, so that no delivery slips past those before it;
// a claim, judged by Postgres' now(), keeps a lane to one drain at a time, also across nodes.
//
// A lane's turn comes when its own wait is over, or when its endpoint calls what it failed to take before (endpoint-standing.ts): then
// the lanes follow each other, the longest untried first, a few at once and within two seconds as many as may be.
// While an endpoint is failing, one lane at a time tries whether it is back: the longest due, at the endpoint's probe_at, 1 s to 5 min
// after the try before; where none is due and nothing was sent for 5 min, the next one to be. What was never tried does not wait for
// that: it is sent at once, one delivery of its lane.
import type { Database, Transaction } from '../../database/database.ts'
import type { LogRecord } from '../../log/log.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import type { Released } from './record-attempts.ts'

export type Waiting = { delivery: Released; record: LogRecord; keepValue: boolean }
/** A waiting delivery's record; a null value must be read back from the log. */
export type WaitingRecord = LogRecord & { deliveryId: string }
/** `token` is the claim's own: one that ran out is over, also where the same member claims the lane again. */
export type Claim = { lane: string; endpointId: string; token: string }

/** When a lane is due, and when the last try of its head began (0: just now, or never). */
export type Due = { dueInMs: number; triedMsAgo: number }

/** Opens the lane, due after dueInMs, or joins it where it waits already: then its own due time stays. Nothing of a purged instance waits. */
export const enterWaiting = (database: Database, waiting: Waiting, due: Due, signal: AbortSignal): Promise<void> =>
  database.transact(async tx => {
    if ((await purgedAmong(tx, [waiting.delivery.instanceId])).size > 0) return
    // The update changes nothing, and locks the row of a lane that is there already.
    await tx.query(
      `insert into webhook_waiting_lanes as w (lane, endpoint_id, due_at, tried_at)
       values ($1, $2, now() + $3 * interval '1 millisecond', now() - $4 * interval '1 millisecond')
       on conflict (lane) do update set lane = excluded.lane`,
      [waiting.delivery.lane, waiting.delivery.endpointId, due.dueInMs, due.triedMsAgo],
    )
    await insertWaiting(tx, waiting)
  }, signal)

/** false: the lane does not wait any more, and the delivery is next; or its instance is purged. */
export const joinWaiting = (database: Database, waiting: Waiting, signal: AbortSignal): Promise<boolean> =>
  database.transact(async tx => {
    if ((await purgedAmong(tx, [waiting.delivery.instanceId])).size > 0) return false
    const waits = await tx.query('select from webhook_waiting_lanes where lane = $1 for update', [waiting.delivery.lane])
    if (waits.length === 0) return false
    await insertWaiting(tx, waiting)
    return true
  }, signal)

/** What somebody else finished meanwhile does not wait again. */
async function insertWaiting(tx: Transaction, { delivery, record, keepValue }: Waiting) {
  await tx.query(
    `insert into webhook_waiting (delivery_id, lane, endpoint_id, topic, partition, "offset", headers, recorded_at, value)
     select $1, $2, $3, $4, $5, $6, $7::jsonb, to_timestamp($8::float8 / 1000), $9
      where not exists (select from webhook_deliveries where delivery_id = $1 and state in ('delivered', 'dead', 'discarded'))
     on conflict (delivery_id) do nothing`,
    [
      delivery.deliveryId,
      delivery.lane,
      delivery.endpointId,
      record.topic,
      record.partition,
      String(record.offset),
      JSON.stringify(record.headers),
      record.recordedAt,
      keepValue ? record.value : null,
    ],
  )
  await tx.query(
    `update webhook_deliveries set state = 'waiting' where delivery_id = $1 and state not in ('delivered', 'dead', 'discarded')`,
    [delivery.deliveryId],
  )
}

/** Without a word from the endpoint for so long, a failing one is tried although no lane is due. */
const SILENT_MS = 5 * 60_000
/** Of lanes that were called: this many more with each second since. */
const CALLED_PER_SECOND = 10

/** Lanes whose turn it is, of enabled endpoints, the longest due first; at most perEndpoint of one endpoint at once for this member. */
export async function claimDueLanes(
  database: Database,
  of: { member: string; perEndpoint: number; claimMs: number },
): Promise<readonly Claim[]> {
  const rows = await database.query<{ lane: string; endpoint_id: string; claimed_by: string }>(
    `update webhook_waiting_lanes set claimed_by = $1 || '/' || gen_random_uuid(), claimed_until = now() + $3 * interval '1 millisecond'
      where lane in (
        select mine.lane from webhook_endpoints e, lateral (
          select count(*) filter (where starts_with(c.claimed_by, $1 || '/')) as ours, count(*) as every
            from webhook_waiting_lanes c where c.endpoint_id = e.endpoint_id and c.claimed_until >= now()) claims,
        lateral (
          select greatest(0, case
            when e.failing_since is null then least($2::float8, coalesce(1 + floor($5::float8 * extract(epoch from now() - e.called_at)::float8), $2::float8)) - claims.ours
            when coalesce(e.probe_at, now()) <= now() and claims.every = 0 then 1
            else 0 end)::bigint as places) free,
        lateral (
          select w.lane from webhook_waiting_lanes w
           where free.places > 0 and (w.claimed_until is null or w.claimed_until < now()) and w.lane = any (array(
             (select d.lane from webhook_waiting_lanes d
               where d.endpoint_id = e.endpoint_id and (d.claimed_until is null or d.claimed_until < now())
                 and d.due_at <= case when e.failing_since is not null and e.failed_at < now() - $4 * interval '1 millisecond'
                                      then 'infinity' else now() end
               order by d.due_at limit free.places)
             union
             (select t.lane from webhook_waiting_lanes t
               where t.endpoint_id = e.endpoint_id and (t.claimed_until is null or t.claimed_until < now()) and t.tried_at < e.called_at
               order by t.tried_at limit free.places)))
           order by w.tried_at limit free.places for update skip locked) mine
         where e.enabled and e.deleted_at is null)
      returning lane, endpoint_id, claimed_by`,
    [of.member, of.perEndpoint, of.claimMs, SILENT_MS, CALLED_PER_SECOND],
  )
  return rows.map(row => ({ lane: row.lane, endpointId: row.endpoint_id, token: row.claimed_by }))
}

type WaitingRow = {
  delivery_id: string
  topic: string
  partition: number
  offset: string
  headers: Record<string, string>
  recorded_at: Date
  value: Buffer | null
}
/** Renews the claim and answers the lane's first delivery; null: the claim is lost or nothing waits. */
export async function headOf(database: Database, claim: Claim, claimMs: number): Promise<WaitingRecord | null> {
  const [row] = await database.query<WaitingRow>(
    `with mine as (
       update webhook_waiting_lanes set claimed_until = now() + $3 * interval '1 millisecond'
        where lane = $1 and claimed_by = $2 and claimed_until >= now() returning lane)
     select w.delivery_id, w.topic, w.partition, w."offset", w.headers, w.recorded_at, w.value
       from webhook_waiting w join mine using (lane) order by w."offset" limit 1`,
    [claim.lane, claim.token, claimMs],
  )
  if (row === undefined) return null
  const { topic, partition, headers, value } = row
  const recordedAt = row.recorded_at.getTime()
  return {
    deliveryId: row.delivery_id,
    topic,
    partition,
    offset: BigInt(row.offset),
    key: claim.lane,
    headers,
    value,
    recordedAt,
  }
}

/** Takes a finished delivery off its lane; with the last one the lane waits no more. Answers whether more wait. */
export const leaveWaiting = (database: Database, lane: string, deliveryId: string, signal: AbortSignal): Promise<boolean> =>
  database.transact(async tx => {
    await tx.query('select from webhook_waiting_lanes where lane = $1 for update', [lane])
    await tx.query('delete from webhook_waiting where delivery_id = $1', [deliveryId])
    const left = await tx.query('select from webhook_waiting where lane = $1 limit 1', [lane])
    if (left.length === 0) await tx.query('delete from webhook_waiting_lanes where lane = $1', [lane])
    return left.length > 0
  }, signal)

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
