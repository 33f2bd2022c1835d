// Writes what came of an attempt: the attempt log, the delivery's state, how its endpoint stands, what its lane skipped, and what the log
// is owed. One transaction per batch. A delivery that is delivered, dead or discarded never changes again, whoever says otherwise.
// A commit whose answer was lost can be repeated: rows written twice are written once, records owed twice have one event id.
import type { Transaction } from '../../database/database.ts'
import type { EventOf } from '../../events/event.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import { noteStanding, type StandingChange } from '../endpoints/standing.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { type Owed, putInOutbox } from './outbox-rows.ts'

export type Released = EventOf<'delivery.released'>
export type AttemptRecord = {
  delivery: Released
  /** null: decided without an attempt (the endpoint is gone). */
  exchange: {
    attempt: number
    durationMs: number
    statusCode: number | null
    error: string | null
    response: string | null
  } | null
  outcome: AttemptOutcome
  /** How long the receiver asked to be left alone; null: it did not. */
  quietMs: number | null
  /** What the log is owed for it, in order. */
  owed: readonly Owed[]
}

/** Longer waits are rows, not memory. */
export const SHORT_WAIT_MS = 60_000

/** Answers which endpoints stand otherwise than before. */
export async function writeAttemptRecords(tx: Transaction, all: readonly AttemptRecord[]): Promise<readonly StandingChange[]> {
  const purged = await purgedAmong(
    tx,
    all.map(one => one.delivery.instanceId),
  )
  // What its receiver answered says how the endpoint stands all the same; of the delivery no row comes back.
  const batch = all.filter(one => !purged.has(one.delivery.instanceId))
  const died = new Set(await writeDeliveries(tx, batch))
  await writeAttempts(tx, batch)
  const changes = [
    ...(await noteStanding(
      tx,
      all.filter(one => isAnswered(one) || batch.includes(one)),
    )),
  ]
  await countSkipped(
    tx,
    batch.filter(one => one.outcome.kind === 'delivered' || died.has(one.delivery.deliveryId)),
  )
  for (const record of all) changes.push(...(await disableAsAsked(tx, record)))
  await putInOutbox(
    tx,
    batch.flatMap(one => one.owed),
  )
  return changes
}

/** By its receiver; where there is no answer, a purge may be why. */
const isAnswered = ({ exchange }: AttemptRecord): boolean => exchange !== null && exchange.statusCode !== null

export function stateAfter(outcome: AttemptOutcome): string {
  switch (outcome.kind) {
    case 'retry':
      return outcome.inMs > SHORT_WAIT_MS ? 'waiting' : 'retrying'
    case 'disabled':
      return 'waiting'
    default:
      return outcome.kind
  }
}

/** Answers those that died of this. */
async function writeDeliveries(tx: Transaction, batch: readonly AttemptRecord[]): Promise<readonly string[]> {
  const rows = await tx.query<{ delivery_id: string; state: string }>(
    `insert into webhook_deliveries as d (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id,
       state, attempts, first_attempt_at, last_attempt_at, retry_at, status_code, error, step, refused_ms)
     select delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state, coalesce(attempt, 0),
            now() - duration_ms * interval '1 millisecond', now() - duration_ms * interval '1 millisecond',
            now() + retry_in_ms * interval '1 millisecond', status_code, error, coalesce(step, 0), coalesce(refused_ms, 0)
       from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::integer[], $11::float8[], $12::float8[], $13::integer[], $14::text[], $15::integer[], $16::bigint[])
         as n (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state,
               attempt, duration_ms, retry_in_ms, status_code, error, step, refused_ms)
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
     where d.state not in ('delivered', 'dead', 'discarded')
     returning delivery_id, state`,
    [
      batch.map(one => one.delivery.deliveryId),
      batch.map(one => one.delivery.endpointId),
      batch.map(one => one.delivery.endpointVersion),
      batch.map(one => eventIdOf(one.delivery)),
      batch.map(one => one.delivery.instanceId),
      batch.map(one => one.delivery.lane),
      batch.map(one => one.delivery.webhookType),
      batch.map(one => one.delivery.messageId ?? null),
      batch.map(one => stateAfter(one.outcome)),
      batch.map(one => one.exchange?.attempt ?? null),
      batch.map(one => one.exchange?.durationMs ?? null),
      batch.map(one => (one.outcome.kind === 'retry' ? one.outcome.inMs : null)),
      batch.map(one => one.exchange?.statusCode ?? null),
      batch.map(one => one.exchange?.error ?? reasonOf(one.outcome)),
      batch.map(one => (one.outcome.kind === 'retry' ? one.outcome.step : null)),
      batch.map(one => (one.outcome.kind === 'retry' ? one.outcome.refusedMs : null)),
    ],
  )
  return rows.filter(row => row.state === 'dead').map(row => row.delivery_id)
}

/** After a crash an attempt may come again under its number: the later one is the one on record. */
async function writeAttempts(tx: Transaction, batch: readonly AttemptRecord[]) {
  const made = batch.flatMap(({ delivery, exchange, outcome }) =>
    exchange === null ? [] : [{ deliveryId: delivery.deliveryId, ...exchange, outcome }],
  )
  await tx.query(
    `insert into webhook_attempts (delivery_id, attempt, outcome, started_at, duration_ms, status_code, error, retry_in_ms, response)
     select n.delivery_id, n.attempt, n.outcome, now() - n.duration_ms * interval '1 millisecond', n.duration_ms, n.status_code, n.error,
            n.retry_in_ms, n.response
       from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::bigint[], $8::text[])
         as n (delivery_id, attempt, outcome, duration_ms, status_code, error, retry_in_ms, response)
     on conflict (delivery_id, attempt) do update set outcome = excluded.outcome, started_at = excluded.started_at,
       duration_ms = excluded.duration_ms, status_code = excluded.status_code, error = excluded.error,
       retry_in_ms = excluded.retry_in_ms, response = excluded.response`,
    [
      made.map(one => one.deliveryId),
      made.map(one => one.attempt),
      made.map(one => stateAfter(one.outcome)),
      made.map(one => Math.round(one.durationMs)),
      made.map(one => one.statusCode),
      made.map(one => one.error ?? reasonOf(one.outcome)),
      made.map(one => (one.outcome.kind === 'retry' ? Math.round(one.outcome.inMs) : null)),
      made.map(one => one.response),
    ],
  )
}

/** Deaths are counted for their lane, whose next delivery says so, and kept for whoever looks at the endpoint. */
async function countSkipped(tx: Transaction, batch: readonly AttemptRecord[]) {
  const delivered = batch.filter(one => one.outcome.kind === 'delivered').map(one => one.delivery.lane)
  if (delivered.length > 0) await tx.query('delete from webhook_skipped where lane = any($1)', [delivered])
  for (const { delivery, exchange, outcome } of batch.filter(one => one.outcome.kind === 'dead'))
    await noteDeath(
      tx,
      delivery,
      [reasonOf(outcome), exchange?.error ?? statusOf(exchange)].filter(text => text !== null).join('; '),
    )
}

export async function noteDeath(tx: Transaction, of: Pick<Released, 'deliveryId' | 'endpointId' | 'lane'>, reason: string) {
  await tx.query(
    `with died as (
       insert into webhook_deaths (delivery_id, endpoint_id, reason) values ($1, $2, $4) on conflict do nothing returning delivery_id)
     insert into webhook_skipped as s (lane, skipped) select $3, 1 from died
     on conflict (lane) do update set skipped = s.skipped + 1`,
    [of.deliveryId, of.endpointId, of.lane, reason],
  )
}

async function disableAsAsked(tx: Transaction, { delivery, outcome }: AttemptRecord): Promise<readonly StandingChange[]> {
  const reason = outcome.kind === 'disabled' ? outcome.reason : outcome.kind === 'delivered' ? outcome.disable : null
  if (reason === null) return []
  const rows = await tx.query(
    'update webhook_endpoints set enabled = false, disabled_reason = $2, changed_at = now() where endpoint_id = $1 and enabled returning 1',
    [delivery.endpointId, reason],
  )
  return rows.map(() => ({ now: 'disabled', endpointId: delivery.endpointId, reason }))
}

const statusOf = (exchange: AttemptRecord['exchange']) => (exchange?.statusCode == null ? null : `status ${exchange.statusCode}`)
const reasonOf = (outcome: AttemptOutcome): string | null => ('reason' in outcome ? outcome.reason : null)
/** deliveryId is {eventId}_{endpointId}. */
const eventIdOf = (delivery: Released) => delivery.deliveryId.slice(0, delivery.deliveryId.indexOf('_'))
