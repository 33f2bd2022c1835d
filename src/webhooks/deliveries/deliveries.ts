// The rows of deliveries, one from the moment that it matched. One that is delivered, dead or discarded never changes again, whoever says otherwise.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { asRows, type Write } from '../../database/statement-parts.ts'
import { rowsByKey, told } from '../../purge/erasure.ts'
import { type AttemptRecord, type Released, reasonOf, stateAfter } from './attempt-record.ts'
import { attemptsAlong } from './attempts.ts'
import { deathsAlong } from './deaths.ts'

/** Conditions on a row of webhook_deliveries, whose name in the statement is `d`. */
export const isFinished = (d: string): string => `${d}.state in ('delivered', 'dead', 'discarded')`
const isUnfinished = (d: string): string => `${d}.state not in ('delivered', 'dead', 'discarded')`
/** A condition: the delivery with this id (SQL) is finished. */
export const hasFinished = (id: string): string =>
  `exists (select from webhook_deliveries d where d.delivery_id = ${id} and ${isFinished('d')})`
/** A join: the row `d` of the delivery with this id (SQL), if there is one. */
export const joinDelivery = (id: string): string => `left join webhook_deliveries d on d.delivery_id = ${id}`

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

const columnsOf = (delivery: Released) => ({
  delivery_id: delivery.deliveryId,
  endpoint_id: delivery.endpointId,
  endpoint_version: delivery.endpointVersion,
  event_id: eventIdOf(delivery),
  instance_id: delivery.instanceId,
  lane: delivery.lane,
  webhook_type: delivery.webhookType,
  message_id: delivery.messageId,
})

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

/** Columns and types of `given`, for jsonb_to_recordset; outcomeOf has them. */
export const outcomeColumns = `delivery_id text, endpoint_id text, endpoint_version integer, event_id text, instance_id text, lane text,
  webhook_type text, message_id text, state text, attempt integer, begun_ms_ago float8, retry_in_ms float8, status_code integer, error text,
  step integer, refused_ms bigint`

export const outcomeOf = ({ delivery, exchange, outcome }: AttemptRecord) => ({
  delivery_id: delivery.deliveryId,
  endpoint_id: delivery.endpointId,
  endpoint_version: delivery.endpointVersion,
  event_id: eventIdOf(delivery),
  instance_id: delivery.instanceId,
  lane: delivery.lane,
  webhook_type: delivery.webhookType,
  message_id: delivery.messageId ?? null,
  state: stateAfter(outcome),
  attempt: exchange?.attempt ?? null,
  begun_ms_ago: exchange && exchange.durationMs + exchange.agoMs,
  retry_in_ms: outcome.kind === 'retry' ? Math.max(0, outcome.inMs - (exchange?.agoMs ?? 0)) : null,
  status_code: exchange?.statusCode ?? null,
  error: exchange?.error ?? reasonOf(outcome),
  step: outcome.kind === 'retry' ? outcome.step : null,
  refused_ms: outcome.kind === 'retry' ? outcome.refusedMs : null,
})

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

/** Of an endpoint `e` that is failing: those that it has not taken and that do not wait as rows yet, which is so for the first minute. */
export const untakenOf = (e: string, most: number): string =>
  boundedCount(
    `from webhook_deliveries d where d.endpoint_id = ${e}.endpoint_id and d.created_at > ${e}.failing_since - interval '1 minute'
       and d.state in ('pending', 'retrying') order by d.endpoint_id, d.created_at desc`,
    most,
  )

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

/** deliveryId is {eventId}_{endpointId}. */
const eventIdOf = (delivery: Released) => delivery.deliveryId.slice(0, delivery.deliveryId.indexOf('_'))

export type DeliveryRow = {
  delivery_id: string
  endpoint_id: string
  endpoint_version: number
  event_id: string
  instance_id: string
  webhook_type: string
  message_id: string | null
  state: string
  attempts: number
  created_at: Date
  released_at: Date | null
  first_attempt_at: Date | null
  last_attempt_at: Date | null
  retry_at: Date | null
  status_code: number | null
  error: string | null
}
export type DeliveryFilter = {
  endpointId?: string | undefined
  eventId?: string | undefined
  messageId?: string | undefined
  state?: string | undefined
  /** Epoch ms; after is inclusive, before exclusive. */
  after?: number | undefined
  before?: number | undefined
  cursor?: string | undefined
  /** 1..200. */
  limit: number
}

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

/** Newest first, one more than the limit where there are more. After a cursor that is none of ours comes nothing. */
export function readDeliveries(database: Transaction, of: DeliveryFilter): Promise<readonly DeliveryRow[]> {
  const values: unknown[] = []
  const bind = (value: unknown) => `$${values.push(value)}`
  // Only what is asked for is in the statement, and the cursor's place is a value in it: an index finds the page, however deep it is.
  const when = <Value>(value: Value | undefined, term: (bound: string) => string) =>
    value === undefined ? [] : [term(bind(value))]
  const terms = [
    ...when(of.endpointId, id => `d.endpoint_id = ${id}`),
    ...when(of.eventId, id => `d.event_id = ${id}`),
    ...when(of.messageId, id => `d.message_id = ${id}`),
    ...when(of.state, state => `d.state = ${state}`),
    ...when(of.after, ms => `d.created_at >= to_timestamp(${ms}::float8 / 1000)`),
    ...when(of.before, ms => `d.created_at < to_timestamp(${ms}::float8 / 1000)`),
    ...when(
      of.cursor,
      id =>
        `(d.created_at, d.delivery_id) < ((select c.created_at from webhook_deliveries c where c.delivery_id = ${id}), ${id}::text)`,
    ),
  ]
  return database.query<DeliveryRow>(
    `select * from webhook_deliveries d ${terms.length === 0 ? '' : `where ${terms.join(' and ')}`}
     order by d.created_at desc, d.delivery_id desc limit ${bind(of.limit + 1)}`,
    values,
  )
}

export async function readDelivery(database: Transaction, id: string): Promise<DeliveryRow | null> {
  const [row] = await database.query<DeliveryRow>('select * from webhook_deliveries where delivery_id = $1', [id])
  return row ?? null
}

export const deliveriesErasure = told(
  rowsByKey({ table: 'webhook_deliveries', key: 'delivery_id', along: [attemptsAlong, deathsAlong] }),
  'deliveries',
)
