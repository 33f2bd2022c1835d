// What an attempt must know first, read fresh for each: how far the delivery is, whether its lane waits, and where and how to send it.
import type { Database } from '../../database/database.ts'
import { asRows } from '../../database/statement-parts.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { coalesce, type Pace } from '../../runtime/coalesce.ts'
import { type Kept, keptOf } from '../deliveries/attempts.ts'
import { isFinished, joinDelivery } from '../deliveries/deliveries.ts'
import { joinSkipped } from '../deliveries/skipped.ts'
import { type SendingEndpoint, type SendingRow, sendingEndpoint, sendingEndpointOf } from '../endpoints/sending-endpoint.ts'
import { joinWaitingLane } from './waiting-lanes.ts'

export type Situation = {
  /** Postgres' now(): every other instant here is by the same clock. */
  nowAt: number
  /** Nothing is left to do: delivered, dead or discarded. */
  finished: boolean
  /** Its instance is purged: nothing is sent, and no row of it is written. */
  purged: boolean
  attempts: number
  /** Of the attempt after those: what came of it, where a process died before it made anything of that. */
  kept: Kept | null
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
export type SituationOf = { deliveryId: string; endpointId: string; lane: string; instanceId: string }

const MAX_BATCH = 200

export const createSituationReader = (database: Database, pace?: Pace): ((of: SituationOf) => Promise<Situation>) =>
  coalesce(batch => readSituations(database, batch), MAX_BATCH, pace)

type Row = SendingRow & {
  now_at: number
  finished: boolean
  purged: boolean
  attempts: number
  kept: Kept | null
  first_attempt_at: number | null
  last_attempt_at: number | null
  retry_in_ms: number
  step: number
  refused_ms: number
  lane_waits: boolean
  skipped: number
}

async function readSituations(database: Database, of: readonly SituationOf[]): Promise<readonly Situation[]> {
  const rows = await database.query<Row>(
    `select (extract(epoch from now()) * 1000)::float8 as now_at,
            coalesce(${isFinished('d')}, false) as finished,
            ${isPurged('n.instance_id')} as purged,
            coalesce(d.attempts, 0) as attempts,
            ${keptOf('n.delivery_id', 'coalesce(d.attempts, 0) + 1')} as kept,
            (extract(epoch from d.first_attempt_at) * 1000)::float8 as first_attempt_at,
            (extract(epoch from d.last_attempt_at) * 1000)::float8 as last_attempt_at,
            coalesce(greatest(0, extract(epoch from d.retry_at - now()) * 1000), 0)::float8 as retry_in_ms,
            coalesce(d.step, 0) as step,
            coalesce(d.refused_ms, 0)::float8 as refused_ms,
            w.lane is not null as lane_waits,
            coalesce(s.skipped, 0) as skipped,
            e.*
       from json_to_recordset($1::json) as n (place integer, delivery_id text, endpoint_id text, lane text, instance_id text)
       ${joinDelivery('n.delivery_id')}
       ${joinWaitingLane('n.lane')}
       ${joinSkipped('n.lane')}
       left join lateral (${sendingEndpoint('n.endpoint_id')}) e on true
      order by n.place`,
    [asRows(of.map(rowOf))],
  )
  return rows.map(row => ({
    nowAt: row.now_at,
    finished: row.finished,
    purged: row.purged,
    attempts: row.attempts,
    kept: row.kept,
    firstAttemptAt: row.first_attempt_at,
    lastAttemptAt: row.last_attempt_at,
    retryInMs: row.retry_in_ms,
    step: row.step,
    refusedMs: row.refused_ms,
    laneWaits: row.lane_waits,
    skipped: row.skipped,
    endpoint: sendingEndpointOf(row),
  }))
}

/** Of arrays Postgres would plan the statement anew each time, which takes longer than to run it. */
const rowOf = ({ deliveryId, endpointId, lane, instanceId }: SituationOf, place: number) => ({
  place,
  delivery_id: deliveryId,
  endpoint_id: endpointId,
  lane,
  instance_id: instanceId,
})
