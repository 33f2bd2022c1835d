// What an attempt must know first, read fresh for each: how far the delivery is, whether its lane waits, and where and how to send it.
import type { Database } from '../../database/database.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { coalesce } from '../../runtime/coalesce.ts'

export type Situation = {
  /** Postgres' now(): every other instant here is by the same clock. */
  nowAt: number
  /** Nothing is left to do: delivered, dead or discarded. */
  finished: boolean
  /** Its instance is purged: nothing is sent, and no row of it is written. */
  purged: boolean
  attempts: number
  firstAttemptAt: number | null
  lastAttemptAt: number | null
  /** Until its next attempt, as the last one left it; 0: it is due, or was never tried. */
  retryInMs: number
  step: number
  refusedMs: number
  laneWaits: boolean
  /** Dead letters of the lane since it last delivered. */
  skipped: number
  /** null: deleted. */
  endpoint: SendingEndpoint | null
}
export type SendingEndpoint = {
  /** It has no URL to be posted to, but a mailbox. */
  isListener: boolean
  enabled: boolean
  urlSealed: Buffer | null
  /** What 0.1.0 wrote, where no start has sealed it yet. */
  plainUrl: string | null
  headersSealed: Buffer
  /** Newest first. */
  secretsSealed: readonly Buffer[]
  succeededAt: number | null
  recoveredAt: number | null
}
export type SituationOf = { deliveryId: string; endpointId: string; lane: string; instanceId: string }

const MAX_BATCH = 200

export const createSituationReader = (database: Database): ((of: SituationOf) => Promise<Situation>) =>
  coalesce(batch => readSituations(database, batch), MAX_BATCH)

type Row = {
  now_at: number
  finished: boolean
  purged: boolean
  attempts: number
  first_attempt_at: number | null
  last_attempt_at: number | null
  retry_in_ms: number
  step: number
  refused_ms: number
  lane_waits: boolean
  skipped: number
  live: boolean
  is_listener: boolean
  enabled: boolean
  url: string | null
  url_sealed: Buffer | null
  headers_sealed: Buffer
  secrets_sealed: Buffer[] | null
  succeeded_at: number | null
  recovered_at: number | null
}

async function readSituations(database: Database, of: readonly SituationOf[]): Promise<readonly Situation[]> {
  const rows = await database.query<Row>(
    `select (extract(epoch from now()) * 1000)::float8 as now_at,
            coalesce(d.state in ('delivered', 'dead', 'discarded'), false) as finished,
            ${isPurged('n.instance_id')} as purged,
            coalesce(d.attempts, 0) as attempts,
            (extract(epoch from d.first_attempt_at) * 1000)::float8 as first_attempt_at,
            (extract(epoch from d.last_attempt_at) * 1000)::float8 as last_attempt_at,
            coalesce(greatest(0, extract(epoch from d.retry_at - now()) * 1000), 0)::float8 as retry_in_ms,
            coalesce(d.step, 0) as step,
            coalesce(d.refused_ms, 0)::float8 as refused_ms,
            w.lane is not null as lane_waits,
            coalesce(s.skipped, 0) as skipped,
            coalesce(e.deleted_at is null and (v.url_sealed is not null or v.url is not null), false) as live,
            listener.endpoint_id is not null as is_listener, e.enabled, v.url, v.url_sealed, v.headers_sealed,
            (select array_agg(k.sealed order by k.secret_id desc) from webhook_secrets k
              where k.endpoint_id = e.endpoint_id and (k.expires_at is null or k.expires_at > now())) as secrets_sealed,
            (extract(epoch from e.succeeded_at) * 1000)::float8 as succeeded_at,
            (extract(epoch from e.recovered_at) * 1000)::float8 as recovered_at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as n (delivery_id, endpoint_id, lane, instance_id, place)
       left join webhook_deliveries d using (delivery_id)
       left join webhook_waiting_lanes w on w.lane = n.lane
       left join webhook_skipped s on s.lane = n.lane
       left join webhook_endpoints e on e.endpoint_id = n.endpoint_id
       left join webhook_endpoint_versions v on v.endpoint_id = e.endpoint_id and v.version = e.version
       left join webhook_listeners listener on listener.endpoint_id = e.endpoint_id
      order by n.place`,
    [of.map(one => one.deliveryId), of.map(one => one.endpointId), of.map(one => one.lane), of.map(one => one.instanceId)],
  )
  return rows.map(row => ({
    nowAt: row.now_at,
    finished: row.finished,
    purged: row.purged,
    attempts: row.attempts,
    firstAttemptAt: row.first_attempt_at,
    lastAttemptAt: row.last_attempt_at,
    retryInMs: row.retry_in_ms,
    step: row.step,
    refusedMs: row.refused_ms,
    laneWaits: row.lane_waits,
    skipped: row.skipped,
    endpoint: row.live
      ? {
          isListener: row.is_listener,
          enabled: row.enabled,
          urlSealed: row.url_sealed,
          plainUrl: row.url,
          headersSealed: row.headers_sealed,
          secretsSealed: row.secrets_sealed ?? [],
          succeededAt: row.succeeded_at,
          recoveredAt: row.recovered_at,
        }
      : null,
  }))
}
