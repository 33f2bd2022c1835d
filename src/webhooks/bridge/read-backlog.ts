// What is behind, in one reading: endpoints of which something waits, died or fails, what is held, and what is pending in the log. Its cost
// grows with the endpoints, not with what is behind.
import type { Database } from '../../database/database.ts'
import type { EventLog, Position } from '../../log/log.ts'
import { diedSince, newestDeathOf } from '../deliveries/deaths.ts'
import { about, type Count, type Estimate, estimateOf, exactly, MOST_COUNTED } from '../deliveries/delivery-counts.ts'
import { oldestWaitingOf, waitingOf, waitingTable } from '../deliveries/waiting.ts'
import { allEndpoints, isBroken, isDisabledByReceiver } from '../endpoints/endpoint-rows.ts'
import { heldTable, heldUpTo, oldestHeld } from '../stream/held.ts'

export type EndpointBacklog = {
  endpointId: string
  enabled: boolean
  disabledReason: string | null
  /** null: it is not failing. */
  failingSeconds: number | null
  /** It only asks to be sent less. */
  isOverloaded: boolean
  lastError: string | null
  /** Both are counted up to MOST_COUNTED; one more says that there are more. */
  waiting: number
  oldestWaitingSeconds: number
  /** In the last 24 h. */
  died: number
  newestDeath: string | null
}
export type Backlog = {
  endpoints: readonly EndpointBacklog[]
  /** Endpoints whose receivers asked for it, whether or not something waits. */
  disabled: number
  waiting: Count
  held: Count & { oldestSeconds: number }
  pending: { deliveries: number; oldestSeconds: number }
}

export async function readBacklog(
  deps: { database: Pick<Database, 'query'>; log: Pick<EventLog, 'lag'> },
  positions: readonly Position[],
  signal: AbortSignal,
): Promise<Backlog> {
  const rows = await deps.database.query<EndpointRow>(
    `select e.endpoint_id, e.enabled, e.disabled_reason, e.last_error, not (${isBroken}) as overloaded,
            extract(epoch from now() - e.failing_since)::float8 as failing_seconds,
            behind.waiting, coalesce(extract(epoch from now() - oldest.entered_at), 0)::float8 as age, behind.died, newest.reason as newest
       from ${allEndpoints}
      cross join lateral (select ${waitingOf('e', COUNT_TO)} as waiting, ${diedSince("now() - interval '24 hours'", 'e', COUNT_TO)} as died offset 0) behind
       left join lateral (${oldestWaitingOf('e')}) oldest on true
       left join lateral (${newestDeathOf('e')}) newest on true
      where e.deleted_at is null and (e.failing_since is not null or behind.waiting > 0 or behind.died > 0)`,
  )
  const [tables] = await deps.database.query<TablesRow>(
    `select ${heldUpTo(COUNT_TO)} as held, coalesce(extract(epoch from now() - ${oldestHeld}), 0)::float8 as held_age,
            ${estimateOf(heldTable)} as held_estimate, ${estimateOf(waitingTable)} as waiting_estimate,
            (select count(*)::integer from ${allEndpoints} where e.deleted_at is null and ${isDisabledByReceiver}) as disabled`,
  )
  if (tables === undefined) throw new Error('reading how much is held: got no row')
  const lags = await deps.log.lag(positions, signal)
  const waiting = rows.reduce((sum, one) => sum + one.waiting, 0)
  return {
    endpoints: rows.map(backlogOf),
    disabled: tables.disabled,
    waiting: rows.some(one => one.waiting > MOST_COUNTED) ? about(waiting, tables.waiting_estimate) : exactly(waiting),
    held: {
      ...(tables.held > MOST_COUNTED ? about(tables.held, tables.held_estimate) : exactly(tables.held)),
      oldestSeconds: tables.held_age,
    },
    pending: {
      deliveries: lags.reduce((sum, one) => sum + one.lagRecords, 0),
      oldestSeconds: Math.max(0, ...lags.map(one => one.lagMs ?? 0)) / 1000,
    },
  }
}

/** One more tells that there are more. */
const COUNT_TO = MOST_COUNTED + 1

type TablesRow = { held: number; held_age: number; held_estimate: Estimate; waiting_estimate: Estimate; disabled: number }
type EndpointRow = {
  endpoint_id: string
  enabled: boolean
  disabled_reason: string | null
  last_error: string | null
  failing_seconds: number | null
  overloaded: boolean
  waiting: number
  age: number
  died: number
  newest: string | null
}
const backlogOf = (row: EndpointRow): EndpointBacklog => ({
  endpointId: row.endpoint_id,
  enabled: row.enabled,
  disabledReason: row.disabled_reason,
  failingSeconds: row.failing_seconds,
  isOverloaded: row.failing_seconds !== null && row.overloaded,
  lastError: row.last_error,
  waiting: row.waiting,
  oldestWaitingSeconds: row.age,
  died: row.died,
  newestDeath: row.newest,
})
