// How an endpoint stands, as rows that all nodes share. It is failing from a failed attempt until its next 2xx on any lane.
// The first 2xx after failing calls its waiting lanes, and so does every change by its operator: all of them are due then.
// It has recovered when it took a delivery that it had failed to take for a while; what it failed to take before that does not count.
// One that only asks to be sent less is treated alike, and is not said to fail, or to recover, by that alone.
import type { Transaction } from '../../database/database.ts'
import { asksForLess } from '../bridge/attempt-outcome.ts'
import type { AttemptRecord } from '../bridge/record-attempts.ts'

/** So that what an endpoint never takes is not tried again with each success between two refusals. */
const CALLS_EVERY_MS = 30_000
/** So that a node does not write the row of one endpoint more often, and one refusal among successes is no failing. */
const WRITES_EVERY_MS = 100
const FAILS_AFTER_SUCCESS_MS = 1_000
/** Between the tries of its waiting lanes: as long as it has been failing, at least and at most. */
const PROBE_LEAST_MS = 1_000
const PROBE_MOST_MS = 5 * 60_000
/** However long a receiver asks to be left alone. */
const QUIET_MOST_MS = 3_600_000

/** Said once each, when the transaction has been committed. */
export type StandingChange =
  | { now: 'failing'; endpointId: string; error: string }
  | { now: 'recovered'; endpointId: string; failedForMs: number }
  | { now: 'disabled'; endpointId: string; reason: string }

/** Answers whose standing is another one than before. */
export async function noteStanding(tx: Transaction, batch: readonly AttemptRecord[]): Promise<readonly StandingChange[]> {
  const succeeded = batch.filter(one => one.outcome.kind === 'delivered')
  const ids = new Set(succeeded.map(one => one.delivery.endpointId))
  const recovered = new Set(
    succeeded.flatMap(({ delivery, outcome }) =>
      outcome.kind === 'delivered' && outcome.recovered ? [delivery.endpointId] : [],
    ),
  )
  const well = ids.size > 0 ? await noteSuccesses(tx, [...ids], recovered) : []
  const failures = batch.filter(isFailure).toSorted((a, b) => Number(wishesLess(b)) - Number(wishesLess(a)))
  const failed = new Map(failures.map(one => [one.delivery.endpointId, one]))
  for (const id of ids) failed.delete(id)
  return failed.size > 0 ? [...well, ...(await noteFailures(tx, [...failed]))] : well
}

/** A receiver that asks for something has not failed. */
const isFailure = ({ exchange, outcome }: AttemptRecord): boolean =>
  exchange !== null && (outcome.kind === 'retry' || outcome.kind === 'dead')

const wishesLess = ({ exchange, quietMs }: AttemptRecord): boolean =>
  exchange !== null && asksForLess({ statusCode: exchange.statusCode, retryAfterMs: quietMs })

/** It failed, and not only asked to be sent less, since it began not to take what it was sent. Of webhook_endpoints e. */
export const isBroken = 'e.failing_since is not null and coalesce(e.broken_at >= e.failing_since, false)'

/** In one order, so that nodes do not deadlock. */
async function noteSuccesses(
  tx: Transaction,
  ids: readonly string[],
  recovered: ReadonlySet<string>,
): Promise<readonly StandingChange[]> {
  const rows = await tx.query<{ endpoint_id: string; failed_for_ms: number | null }>(
    `with mine as (
       select endpoint_id, case when ${isBroken} then failing_since end as broken_since from webhook_endpoints e
        where endpoint_id = any($1)
          and (succeeded_at is null or succeeded_at < now() - $3 * interval '1 millisecond' or failing_since is not null or endpoint_id = any($2))
        order by endpoint_id for update)
     update webhook_endpoints e set succeeded_at = now(), failing_since = null, probe_at = null,
       called_at = case when e.failing_since is not null and (e.called_at is null or e.called_at < now() - $4 * interval '1 millisecond')
                        then now() else e.called_at end,
       recovered_at = case when e.endpoint_id = any($2) and e.broken_at > coalesce(e.recovered_at, '-infinity') then now() else e.recovered_at end
      from mine where e.endpoint_id = mine.endpoint_id
     returning e.endpoint_id, (extract(epoch from now() - mine.broken_since) * 1000)::float8 as failed_for_ms`,
    [ids, [...recovered], WRITES_EVERY_MS, CALLS_EVERY_MS],
  )
  return rows.flatMap(({ endpoint_id: endpointId, failed_for_ms: ms }) =>
    ms === null ? [] : [{ now: 'recovered', endpointId, failedForMs: Math.round(ms) }],
  )
}

/** A time that was fixed for the next try stays, or a stream of fresh failures would put it off for ever; only a receiver's wish moves it. */
async function noteFailures(
  tx: Transaction,
  failed: readonly (readonly [string, AttemptRecord])[],
): Promise<readonly StandingChange[]> {
  const rows = await tx.query<{ endpoint_id: string; error: string; broke: boolean }>(
    `with said as (
       select * from unnest($1::text[], $2::text[], $3::float8[], $8::boolean[]) as n (endpoint_id, error, quiet_ms, wishes_less)),
     mine as (
       select e.endpoint_id, ${isBroken} as was_broken from webhook_endpoints e join said using (endpoint_id)
        where (failed_at is null or failed_at < now() - $4 * interval '1 millisecond' or not (wishes_less or ${isBroken}))
          and (succeeded_at is null or succeeded_at < now() - $5 * interval '1 millisecond')
        order by endpoint_id for update of e)
     update webhook_endpoints e set failing_since = coalesce(e.failing_since, now()), failed_at = now(), last_error = said.error,
       broken_at = case when said.wishes_less then e.broken_at else now() end,
       probe_at = greatest(
         case when e.probe_at > now() then e.probe_at
              else now() + least(greatest(now() - coalesce(e.failing_since, now()), $6 * interval '1 millisecond'), $7 * interval '1 millisecond') end,
         now() + said.quiet_ms * interval '1 millisecond')
      from mine join said using (endpoint_id) where e.endpoint_id = mine.endpoint_id
     returning e.endpoint_id, said.error, not (mine.was_broken or said.wishes_less) as broke`,
    [
      failed.map(([id]) => id),
      failed.map(([, one]) => one.exchange?.error ?? `the receiver answered ${one.exchange?.statusCode}`),
      failed.map(([, one]) => Math.min(one.quietMs ?? 0, QUIET_MOST_MS)),
      WRITES_EVERY_MS,
      FAILS_AFTER_SUCCESS_MS,
      PROBE_LEAST_MS,
      PROBE_MOST_MS,
      failed.map(([, one]) => wishesLess(one)),
    ],
  )
  return rows.flatMap(({ endpoint_id: endpointId, error, broke }) => (broke ? [{ now: 'failing', endpointId, error }] : []))
}

/** Whoever changes an endpoint means it to be tried: what it failed before does not count, and its waiting lanes are due. */
export async function callLanes(tx: Transaction, endpointId: string): Promise<void> {
  await tx.query(
    `update webhook_endpoints set failing_since = null, probe_at = null, called_at = now(), recovered_at = now() where endpoint_id = $1`,
    [endpointId],
  )
}
