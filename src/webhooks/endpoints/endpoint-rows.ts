// The rows of endpoints: whether each is enabled or deleted, which version of its settings counts, and how it stands, which all nodes share.
import type { Transaction } from '../../database/database.ts'
import { isListener } from './listener-rows.ts'

export async function insertEndpointRow(tx: Transaction, id: string, enabled: boolean): Promise<void> {
  await tx.query('insert into webhook_endpoints (endpoint_id, version, enabled) values ($1, 1, $2)', [id, enabled])
}

/** An operator's change; enabling it clears why it was disabled. */
export async function changeEndpointRow(tx: Transaction, of: { id: string; version: number; enabled: boolean }): Promise<void> {
  await tx.query(
    `update webhook_endpoints set version = $2, enabled = $3, changed_at = now(),
       disabled_reason = case when $3 then null else disabled_reason end
     where endpoint_id = $1`,
    [of.id, of.version, of.enabled],
  )
}

/** Answers whether it was enabled. */
export async function disableEndpointRow(tx: Transaction, id: string, reason: string): Promise<boolean> {
  const rows = await tx.query(
    'update webhook_endpoints set enabled = false, disabled_reason = $2, changed_at = now() where endpoint_id = $1 and enabled returning 1',
    [id, reason],
  )
  return rows.length > 0
}

/** Why nothing is sent to it; null: it is enabled, or there is none. */
export async function disabledReasonOf(database: Transaction, id: string): Promise<string | null> {
  const [row] = await database.query<{ reason: string }>(
    `select coalesce(disabled_reason, 'it is disabled') as reason from webhook_endpoints where endpoint_id = $1 and not enabled`,
    [id],
  )
  return row?.reason ?? null
}

/** false: none of them was there. Their rows are locked: whoever is about to change one comes before, or finds it gone. */
export async function markDeleted(tx: Transaction, ids: readonly string[]): Promise<boolean> {
  const rows = await tx.query(
    'update webhook_endpoints set deleted_at = now() where endpoint_id = any($1) and deleted_at is null returning endpoint_id',
    [ids],
  )
  return rows.length > 0
}

/** For `from`, the endpoint with this id (SQL) as `e`, deleted or not. */
export const endpointWith = (id: string): string => `(select * from webhook_endpoints where endpoint_id = ${id}) e`
/** For `from`, all of them. */
export const allEndpoints = 'webhook_endpoints e'
/** For `from`, those that are sent to. */
export const openEndpoints = '(select * from webhook_endpoints where enabled and deleted_at is null)'
/** Conditions on a row of all endpoints, `e`; listeners are none of an operator's (listeners.ts): they have calls of their own. */
export const isEndpoint = `e.deleted_at is null and not ${isListener('e.endpoint_id')}`
/** Where it comes in a list: after that one, the newest first. $1 is a cursor, or null: from the first. After one that is none of ours comes nothing. */
export const isAfterCursor = `($1::text is null or
  (e.created_at, e.endpoint_id) < (select c.created_at, c.endpoint_id from webhook_endpoints c where c.endpoint_id = $1))`

/** A condition: the endpoint with this id (SQL) is deleted. */
export const isDeleted = (id: string): string =>
  `exists (select from webhook_endpoints e where e.endpoint_id = ${id} and e.deleted_at is not null)`
/** A statement of their ids. */
export const deletedEndpoints = 'select endpoint_id from webhook_endpoints where deleted_at is not null'

/** Deleted more than 30 days ago, of which nothing is left: a statement that answers their ids. `hasAny` is a condition on an id (SQL). */
export const longDeleted = (hasAny: (id: string) => string): string => `
  select e.endpoint_id from webhook_endpoints e
   where e.deleted_at < now() - interval '30 days' and not (${hasAny('e.endpoint_id')}) limit 1000`
/** A statement: those that `ids` selects. */
export const forgetEndpoints = (ids: string): string => `delete from webhook_endpoints where endpoint_id in (${ids})`

/** It failed, and not only asked to be sent less, since it began not to take what it was sent. */
export const isBroken = 'e.failing_since is not null and coalesce(e.broken_at >= e.failing_since, false)'

/** Its receiver asked for it, and no operator. */
export const isDisabledByReceiver = 'not e.enabled and e.disabled_reason is not null'

/** So that a node does not write the row of one endpoint more often. */
const WRITES_EVERY_MS = 100

/**
 * A statement: a success of each endpoint in `well`, with columns endpoint_id and recovered: it took one that it had failed to take for a
 * while. In one order, so that nodes do not deadlock.
 */
export const successesOf = (well: string, callsEveryMs: number): string => `
  with mine as (
    select e.endpoint_id, well.recovered, case when ${isBroken} then failing_since end as broken_since
      from webhook_endpoints e join ${well} well using (endpoint_id)
     where succeeded_at is null or succeeded_at < now() - ${WRITES_EVERY_MS} * interval '1 millisecond' or failing_since is not null or well.recovered
     order by e.endpoint_id for update of e)
  update webhook_endpoints e set succeeded_at = now(), failing_since = null, probe_at = null,
    called_at = case when e.failing_since is not null and (e.called_at is null or e.called_at < now() - ${callsEveryMs} * interval '1 millisecond')
                     then now() else e.called_at end,
    recovered_at = case when mine.recovered and e.broken_at > coalesce(e.recovered_at, '-infinity') then now() else e.recovered_at end
   from mine where e.endpoint_id = mine.endpoint_id
  returning e.endpoint_id, (extract(epoch from now() - mine.broken_since) * 1000)::float8 as failed_for_ms`

export type Success = { endpoint_id: string; failed_for_ms: number | null }

export type Failed = { endpointId: string; error: string; quietMs: number; wishesLess: boolean }
export type FailingTimes = { failsAfterSuccessMs: number; probeLeastMs: number; probeMostMs: number }

/** A time that was fixed for the next try stays, or a stream of fresh failures would put it off for ever; only a receiver's wish moves it. */
export const writeFailures = (
  tx: Transaction,
  failed: readonly Failed[],
  { failsAfterSuccessMs, probeLeastMs, probeMostMs }: FailingTimes,
): Promise<readonly { endpoint_id: string; error: string; broke: boolean }[]> =>
  tx.query(
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
      failed.map(one => one.endpointId),
      failed.map(one => one.error),
      failed.map(one => one.quietMs),
      WRITES_EVERY_MS,
      failsAfterSuccessMs,
      probeLeastMs,
      probeMostMs,
      failed.map(one => one.wishesLess),
    ],
  )

/** Whoever changes an endpoint means it to be tried: what it failed before does not count, and its waiting lanes are due. */
export async function callLanes(tx: Transaction, endpointId: string): Promise<void> {
  await tx.query(
    `update webhook_endpoints set failing_since = null, probe_at = null, called_at = now(), recovered_at = now() where endpoint_id = $1`,
    [endpointId],
  )
}
