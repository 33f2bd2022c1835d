// The rows of deliveries, one from the moment that it matched. One that is delivered, dead or discarded never changes again, whoever says otherwise.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { asRows, type Write } from '../../database/statement-parts.ts'
import { rowsByKey, told } from '../../purge/erasure.ts'
import type { AttemptRecord, Released } from './attempt-record.ts'
import { attemptsAlong } from './attempts.ts'
import { deathsAlong } from './deaths.ts'
import { columnsOf, outcomeColumns, outcomeOf } from './delivery-columns.ts'

/** Conditions on a row of webhook_deliveries, whose name in the statement is `d`. */
export const isFinished = (d: string): string => `${d}.state in ('delivered', 'dead', 'discarded')`
const isUnfinished = (d: string): string => `${d}.state not in ('delivered', 'dead', 'discarded')`
/** A condition: the delivery with this id (SQL) is finished. */
export const hasFinished = (id: string): string =>
  `exists (select from webhook_deliveries d where d.delivery_id = ${id} and ${isFinished('d')})`
/** A join: the row `d` of the delivery with this id (SQL), if there is one; looked up for each, also by a plan that was made while there were few. */
export const joinDelivery = (id: string): string =>
  `left join lateral (select * from webhook_deliveries where delivery_id = ${id} limit 1) d on true`

export type Matched = { delivery: Released; state: 'held' | 'pending' }
/** `matched`: held, or released at once, in their order. `released`: ids of those that were held before. */
export const writeMatched = (matched: readonly Matched[], released: readonly string[]): readonly Write[] => [
  {
    sql: `insert into webhook_deliveries
        (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state, released_at)
      select n.delivery_id, n.endpoint_id, n.endpoint_version, n.event_id, n.instance_id, n.lane, n.webhook_type, n.message_id, n.state,
             case n.state when 'pending' then now() end
        from json_to_recordset($1::json) as n(place integer, delivery_id text, endpoint_id text, endpoint_version integer, event_id text,
                                              instance_id text, lane text, webhook_type text, message_id text, state text)
       order by n.place on conflict (delivery_id) do nothing`,
    values: [asRows(matched.map(({ delivery, state }, place) => ({ place, ...columnsOf(delivery), state })))],
    isEmpty: matched.length === 0,
  },
  {
    sql: `update webhook_deliveries d set state = 'pending', released_at = clock_timestamp()
      where d.delivery_id = any(array(select json_array_elements_text($1::json))) and d.state = 'held'`,
    values: [JSON.stringify(released)],
    isEmpty: released.length === 0,
  },
]

/**
 * A statement: what came of attempts, or of none, with a row of `given` for each: the columns of a delivery, and attempt, begun_ms_ago,
 * retry_in_ms, status_code, error, step and refused_ms. Answers id and state of those that were not finished before.
 */
export const outcomesOf = (given: string): string => `
  insert into webhook_deliveries as d (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id,
    state, attempts, first_attempt_at, last_attempt_at, retry_at, status_code, error, step, refused_ms)
  select delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state, coalesce(attempt, 0),
         now() - begun_ms_ago * interval '1 millisecond', now() - begun_ms_ago * interval '1 millisecond',
         now() + retry_in_ms * interval '1 millisecond', status_code, error, coalesce(step, 0), coalesce(refused_ms, 0)
    from ${given}
  on conflict (delivery_id) do update set
    state = excluded.state,
    attempts = greatest(d.attempts, excluded.attempts),
    first_attempt_at = coalesce(d.first_attempt_at, excluded.first_attempt_at),
    last_attempt_at = coalesce(excluded.last_attempt_at, d.last_attempt_at),
    retry_at = excluded.retry_at,
    status_code = excluded.status_code,
    error = excluded.error,
    step = excluded.step,
    refused_ms = excluded.refused_ms
  where ${isUnfinished('d')}
  returning delivery_id, state`

/** Answers those that died of this. */
export async function writeOutcomes(tx: Transaction, batch: readonly AttemptRecord[]): Promise<readonly string[]> {
  const rows = await tx.query<{ delivery_id: string; state: string }>(
    outcomesOf(`jsonb_to_recordset($1::jsonb) as n (${outcomeColumns})`),
    [JSON.stringify(batch.map(outcomeOf))],
  )
  return rows.filter(row => row.state === 'dead').map(row => row.delivery_id)
}

/** A statement: those that `ids` selects wait. */
export const markWaitingOf = (ids: string): string =>
  `update webhook_deliveries d set state = 'waiting' where d.delivery_id in (${ids}) and ${isUnfinished('d')}`

/** Its body cannot be had any more. Answers its endpoint; null: it is finished, or there is none. */
export async function markLost(tx: Transaction, id: string, reason: string): Promise<string | null> {
  const [lost] = await tx.query<{ endpoint_id: string }>(
    `update webhook_deliveries d set state = 'dead', error = $2 where d.delivery_id = $1 and ${isUnfinished('d')} returning d.endpoint_id`,
    [id, reason],
  )
  return lost?.endpoint_id ?? null
}

/** One that was given up is to be sent again, as if nobody had refused it yet; its attempts stay counted. Answers its state before; null: there is none. */
export async function revive(tx: Transaction, id: string): Promise<string | null> {
  const [row] = await tx.query<{ state: string }>(
    `with found as (select d.delivery_id, d.state from webhook_deliveries d where d.delivery_id = $1 for update),
     revived as (
       update webhook_deliveries d set state = 'waiting', step = 0, refused_ms = 0, retry_at = null
         from found where d.delivery_id = found.delivery_id and found.state = 'dead')
     select state from found`,
    [id],
  )
  return row?.state ?? null
}

export async function discard(tx: Transaction, ids: readonly string[], reason: string): Promise<void> {
  await tx.query(
    `update webhook_deliveries d set state = 'discarded', error = $2, retry_at = null where d.delivery_id = any($1) and ${isUnfinished('d')}`,
    [ids, reason],
  )
}

/** Of the endpoint with this id (SQL), counted; `condition` may name the row, `d`. */
export const unfinishedOf = (endpointId: string, condition = 'true'): string =>
  `(select count(*)::integer from webhook_deliveries d where d.endpoint_id = ${endpointId} and ${isUnfinished('d')} and ${condition})`

export const unfinishedUpTo = (endpointId: string, most: number): string =>
  boundedCount(`from webhook_deliveries d where d.endpoint_id = ${endpointId} and ${isUnfinished('d')}`, most)

/** Of an endpoint `e` that is failing: those that it has not taken and that do not wait as rows yet, as for the first second. */
export const untakenOf = (e: string, most: number): string =>
  boundedCount(
    `from webhook_deliveries d where d.endpoint_id = ${e}.endpoint_id and d.created_at > ${e}.failing_since - interval '1 minute'
       and d.state in ('pending', 'retrying') order by d.endpoint_id, d.created_at desc`,
    most,
  )

/** Of one instance, by type and whether they were taken, over at most `most` of those that are kept; `counted` says over how many. */
export async function countByType(
  database: Transaction,
  { instanceId, most }: { instanceId: string; most: number },
): Promise<{ counted: number; types: readonly { type: string; matched: number; delivered: number }[] }> {
  const types = await database.query<{ type: string; matched: number; delivered: number }>(
    `select webhook_type as type, count(*)::integer as matched, (count(*) filter (where state = 'delivered'))::integer as delivered
     from (select webhook_type, state from webhook_deliveries where instance_id = $1 limit $2) counted group by webhook_type`,
    [instanceId, most],
  )
  return { counted: types.reduce((sum, one) => sum + one.matched, 0), types }
}

/** A condition: the endpoint with this id (SQL) has any. */
export const hasDeliveries = (endpointId: string): string =>
  `exists (select from webhook_deliveries d where d.endpoint_id = ${endpointId})`

/** A statement: the ids of those of the endpoints that `endpointIds` selects. */
export const deliveriesOf = (endpointIds: string): string =>
  `select d.delivery_id from webhook_deliveries d where d.endpoint_id in (${endpointIds})`

/** A statement that answers the `delivery_id`s of what it forgot: finished ones of more than 30 days, 5,000 at once. */
export const forgetOld = `
  delete from webhook_deliveries where delivery_id in (
    select d.delivery_id from webhook_deliveries d
     where d.created_at < now() - interval '30 days' and ${isFinished('d')}
     order by d.created_at limit 5000)
  returning delivery_id`

/** Made outside of the migrations, because there may be millions of rows: lists by state. Nearly all are delivered, and found without. */
export const deliveryIndexes = [
  {
    name: 'webhook_deliveries_endpoint_states',
    table: 'webhook_deliveries',
    definition: '(endpoint_id, state, created_at desc, delivery_id desc)',
  },
  {
    name: 'webhook_deliveries_states',
    table: 'webhook_deliveries',
    definition: `(state, created_at desc, delivery_id desc) where state <> 'delivered'`,
  },
] as const

/** A statement: whole rows, `d`, of what follows its `from`. */
export const rowsThat = (rest: string): string => `select d.* from webhook_deliveries d ${rest}`
/** A value: when the delivery with this id (SQL) matched. */
export const createdAtOf = (id: string): string => `(select c.created_at from webhook_deliveries c where c.delivery_id = ${id})`

export const deliveriesErasure = told(
  rowsByKey({ table: 'webhook_deliveries', key: 'delivery_id', along: [attemptsAlong, deathsAlong] }),
  'deliveries',
)
