// What is behind, in one reading: endpoints of which something waits, died or fails, what is held, and what is pending in the log.
import type { Database } from '../database/database.ts'
import type { EventLog, Position } from '../log/log.ts'

export type EndpointBacklog = {
  endpointId: string
  enabled: boolean
  disabledReason: string | null
  /** null: it is not failing. */
  failingSeconds: number | null
  lastError: string | null
  waiting: number
  oldestWaitingSeconds: number
  /** In the last 24 h. */
  died: number
  newestDeath: string | null
}
export type Backlog = {
  endpoints: readonly EndpointBacklog[]
  held: { deliveries: number; oldestSeconds: number }
  pending: { deliveries: number; oldestSeconds: number }
}

export async function readBacklog(
  deps: { database: Database; log: Pick<EventLog, 'lag'> },
  positions: readonly Position[],
  signal: AbortSignal,
): Promise<Backlog> {
  const rows = await deps.database.query<EndpointRow>(
    `select e.endpoint_id, e.enabled, e.disabled_reason, e.last_error,
            extract(epoch from now() - e.failing_since)::float8 as failing_seconds,
            coalesce(w.waiting, 0) as waiting, coalesce(w.age, 0) as age, coalesce(d.died, 0) as died, d.newest
       from webhook_endpoints e
       left join (
         select endpoint_id, count(*)::integer as waiting, extract(epoch from now() - min(entered_at))::float8 as age
           from webhook_waiting group by endpoint_id) w using (endpoint_id)
       left join (
         select endpoint_id, count(*)::integer as died, (array_agg(reason order by died_at desc))[1] as newest
           from webhook_deaths where died_at > now() - interval '24 hours' group by endpoint_id) d using (endpoint_id)
      where e.deleted_at is null and (e.failing_since is not null or w.waiting is not null or d.died is not null)`,
  )
  const [held] = await deps.database.query<{ held: number; age: number }>(
    `select count(*)::integer as held, coalesce(extract(epoch from now() - min(held_at)), 0)::float8 as age from webhook_held`,
  )
  const lags = await deps.log.lag(positions, signal)
  return {
    endpoints: rows.map(backlogOf),
    held: { deliveries: held?.held ?? 0, oldestSeconds: held?.age ?? 0 },
    pending: {
      deliveries: lags.reduce((sum, one) => sum + one.lagRecords, 0),
      oldestSeconds: Math.max(0, ...lags.map(one => one.lagMs ?? 0)) / 1000,
    },
  }
}

type EndpointRow = {
  endpoint_id: string
  enabled: boolean
  disabled_reason: string | null
  last_error: string | null
  failing_seconds: number | null
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
  lastError: row.last_error,
  waiting: row.waiting,
  oldestWaitingSeconds: row.age,
  died: row.died,
  newestDeath: row.newest,
})
