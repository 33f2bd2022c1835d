// How an endpoint stands, as rows that all nodes share. It is failing from a failed attempt until its next 2xx on any lane.
// The first 2xx after failing calls its waiting lanes, and so does every change by its operator: all of them are due then.
// It has recovered when it took a delivery that it had failed to take for a while; what it failed to take before that does not count.
// One that only asks to be sent less is treated alike, and is not said to fail, or to recover, by that alone.
import type { Transaction } from '../../database/database.ts'
import { asksForLess } from '../deliveries/attempt-outcome.ts'
import type { MadeAttempt } from '../deliveries/attempt-record.ts'
import { disableEndpointRow, type Failed, type Success, successesOf, writeFailures } from './endpoint-rows.ts'

/** So that what an endpoint never takes is not tried again with each success between two refusals. */
const CALLS_EVERY_MS = 30_000
/** One refusal among successes is no failing. */
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
export async function noteStanding(tx: Transaction, batch: readonly MadeAttempt[]): Promise<readonly StandingChange[]> {
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
  return failed.size > 0 ? [...well, ...(await noteFailures(tx, [...failed.values()]))] : well
}

/** A receiver that asks for something has not failed. */
const isFailure = ({ outcome }: MadeAttempt): boolean => outcome.kind === 'retry' || outcome.kind === 'dead'

const wishesLess = ({ exchange, quietMs }: MadeAttempt): boolean =>
  asksForLess({ statusCode: exchange.statusCode, retryAfterMs: quietMs })

/** A statement: these have taken something, as successesOf says. Its rows are Success. */
export const tookSomething = (well: string): string => successesOf(well, CALLS_EVERY_MS)

/** Those that had failed before. */
export const recoveredAmong = (rows: readonly Success[]): readonly StandingChange[] =>
  rows.flatMap(({ endpoint_id: endpointId, failed_for_ms: ms }) =>
    ms === null ? [] : [{ now: 'recovered', endpointId, failedForMs: Math.round(ms) }],
  )

async function noteSuccesses(
  tx: Transaction,
  ids: readonly string[],
  recovered: ReadonlySet<string>,
): Promise<readonly StandingChange[]> {
  const well = '(select * from unnest($1::text[], $2::boolean[]) as n (endpoint_id, recovered))'
  return recoveredAmong(await tx.query<Success>(tookSomething(well), [ids, ids.map(id => recovered.has(id))]))
}

async function noteFailures(tx: Transaction, failed: readonly MadeAttempt[]): Promise<readonly StandingChange[]> {
  const rows = await writeFailures(tx, failed.map(failedOf), {
    failsAfterSuccessMs: FAILS_AFTER_SUCCESS_MS,
    probeLeastMs: PROBE_LEAST_MS,
    probeMostMs: PROBE_MOST_MS,
  })
  return rows.flatMap(({ endpoint_id: endpointId, error, broke }) => (broke ? [{ now: 'failing', endpointId, error }] : []))
}

const failedOf = (one: MadeAttempt): Failed => ({
  endpointId: one.delivery.endpointId,
  error: one.exchange.error ?? `the receiver answered ${one.exchange.statusCode}`,
  quietMs: Math.min(one.quietMs ?? 0, QUIET_MOST_MS),
  wishesLess: wishesLess(one),
})

/** Its receiver asked for it. */
export async function disableEndpoint(tx: Transaction, endpointId: string, reason: string): Promise<readonly StandingChange[]> {
  return (await disableEndpointRow(tx, endpointId, reason)) ? [{ now: 'disabled', endpointId, reason }] : []
}
