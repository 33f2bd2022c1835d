// The rows of attempts: what came of each POST, kept before anything is made of it, and once. `delivery.attempted` is made from its row.
// Of two that made the same attempt of a delivery, the first to keep its result is the one on record; each row has the token of its owner.
import type { Database, Transaction } from '../../database/database.ts'
import { alongBy } from '../../purge/erasure.ts'
import { isPurged } from '../../purge/tombstones.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { type Exchanged, type MadeAttempt, reasonOf, stateAfter } from './attempt-record.ts'

/** A result that was kept, of which nothing has been made yet. */
export type Kept = Exchanged & { outcome: AttemptOutcome; quietMs: number | null }
/** `another's`: somebody else made the same attempt, and kept its result first. `purged`: nothing of its instance is written any more. */
export type Keeping = 'kept' | "another's" | 'purged'

/**
 * Nothing is read for it but tombstones, unless somebody else seems to have been first. Repeated, it answers the same, also while an earlier
 * try of it is still being committed: then the first statement waits for that, and does not see its row; the second one does.
 */
export async function keepResults(database: Database, batch: readonly MadeAttempt[]): Promise<readonly Keeping[]> {
  const keepings = await insertResults(database, batch)
  if (!keepings.includes("another's")) return keepings
  const own = await ownTokens(database, batch)
  return keepings.map((keeping, place) => (keeping === "another's" && own.has(batch[place]?.exchange.token) ? 'kept' : keeping))
}

async function insertResults(database: Database, batch: readonly MadeAttempt[]): Promise<readonly Keeping[]> {
  const rows = await database.query<{ keeping: Keeping }>(
    `with given as materialized (
       select n.*, ${isPurged(`n.envelope ->> 'instanceId'`)} as purged
         from jsonb_to_recordset($1::jsonb) as n (place integer, delivery_id text, attempt integer, token text, outcome text,
           duration_ms bigint, status_code integer, error text, retry_in_ms bigint, response text, envelope jsonb, follows jsonb)),
     kept as (
       insert into webhook_attempts (delivery_id, attempt, token, outcome, started_at, duration_ms, status_code, error, retry_in_ms, response,
         envelope, follows, is_concluded)
       select delivery_id, attempt, token, outcome, now() - duration_ms * interval '1 millisecond', duration_ms, status_code, error,
              retry_in_ms, response, envelope, follows, false
         from given where not purged order by delivery_id, attempt
       on conflict (delivery_id, attempt) do nothing returning token)
     select case when purged then 'purged' when token in (select token from kept) then 'kept' else 'another''s' end as keeping
       from given order by place`,
    [JSON.stringify(batch.map(rowOf))],
  )
  return rows.map(row => row.keeping)
}

/**
 * A statement that keeps the results in `given`, a part of the same statement with columns purged, delivery_id, attempt, token, outcome,
 * duration_ms, status_code, error and response, from which everything follows at once: nobody makes anything of them again. Answers the
 * tokens of those that nobody else was first with.
 */
export const keepConcluded = (given: string): string => `
  insert into webhook_attempts (delivery_id, attempt, token, outcome, started_at, duration_ms, status_code, error, response, is_concluded)
  select delivery_id, attempt, token, outcome, now() - duration_ms * interval '1 millisecond', duration_ms, status_code, error, response, true
    from ${given} where not purged order by delivery_id, attempt
  on conflict (delivery_id, attempt) do nothing returning token`

function rowOf({ delivery, exchange, outcome, quietMs, envelope }: MadeAttempt, place: number) {
  const { attempt, token, durationMs, statusCode, error, response, code } = exchange
  return {
    place,
    delivery_id: delivery.deliveryId,
    attempt,
    token,
    outcome: stateAfter(outcome),
    duration_ms: Math.round(durationMs),
    status_code: statusCode,
    error: error ?? reasonOf(outcome),
    retry_in_ms: outcome.kind === 'retry' ? Math.round(outcome.inMs) : null,
    response,
    envelope,
    follows: { outcome, quietMs, error, code, durationMs },
  }
}

/** Of all that are on record, those that are among these. */
async function ownTokens(database: Database, batch: readonly MadeAttempt[]): Promise<ReadonlySet<string | undefined>> {
  const rows = await database.query<{ token: string }>(
    `select a.token from webhook_attempts a join unnest($1::text[], $2::integer[], $3::text[]) as n (delivery_id, attempt, token)
         on (a.delivery_id, a.attempt, a.token) = (n.delivery_id, n.attempt, n.token)`,
    [batch.map(one => one.delivery.deliveryId), batch.map(one => one.exchange.attempt), batch.map(one => one.exchange.token)],
  )
  return new Set(rows.map(row => row.token))
}

/** From now on nobody else makes anything of them. Answers those of which nobody did before. */
export async function conclude(
  tx: Transaction,
  of: readonly { deliveryId: string; attempt: number }[],
): Promise<readonly { deliveryId: string; attempt: number }[]> {
  if (of.length === 0) return []
  return tx.query(
    `update webhook_attempts a set is_concluded = true from unnest($1::text[], $2::integer[]) as n (delivery_id, attempt)
      where (a.delivery_id, a.attempt) = (n.delivery_id, n.attempt) and not a.is_concluded
     returning a.delivery_id as "deliveryId", a.attempt`,
    [of.map(one => one.deliveryId), of.map(one => one.attempt)],
  )
}

/** The row of an attempt that was kept and not concluded, as `kept` json or null; `delivery` and `attempt` are SQL. */
export const keptOf = (delivery: string, attempt: string): string => `
  (select jsonb_build_object('attempt', a.attempt, 'token', a.token, 'statusCode', a.status_code, 'response', a.response,
            'agoMs', greatest(0, extract(epoch from now() - a.started_at) * 1000 - a.duration_ms)) || a.follows
     from webhook_attempts a where a.delivery_id = ${delivery} and a.attempt = ${attempt} and not a.is_concluded)`

/** What of an attempt its event has, as json or null, of columns `delivery_id` and `attempt` of `row`. */
export const attemptedOf = (row: string): string => `
  (select a.envelope || jsonb_build_object('type', 'delivery.attempted', 'deliveryId', a.delivery_id, 'attempt', a.attempt, 'outcome', a.outcome,
            'statusCode', a.status_code, 'error', a.follows -> 'error', 'durationMs', a.duration_ms, 'retryInMs', a.retry_in_ms, 'response', a.response)
     from webhook_attempts a where a.delivery_id = ${row}.delivery_id and a.attempt = ${row}.attempt)`

export type AttemptRow = {
  delivery_id: string
  attempt: number
  outcome: string
  started_at: Date
  duration_ms: string
  status_code: number | null
  error: string | null
  retry_in_ms: string | null
  response: string | null
}

/** Of each delivery the first one first. */
export const readAttempts = (database: Transaction, deliveryIds: readonly string[]): Promise<readonly AttemptRow[]> =>
  database.query<AttemptRow>(
    `select delivery_id, attempt, outcome, started_at, duration_ms, status_code, error, retry_in_ms, response
       from webhook_attempts where delivery_id = any($1) order by delivery_id, attempt`,
    [deliveryIds],
  )

/** A statement: those of the deliveries that `ids` selects. */
export const forgetAttemptsOf = (ids: string): string => `delete from webhook_attempts where delivery_id in (${ids})`

export const attemptsAlong = alongBy('webhook_attempts', 'delivery_id')
