// Deliveries as the API shows them: newest first, page by page, and one with its attempts.
import type { Transaction } from '../../database/database.ts'
import { type AttemptRow, readAttempts } from '../deliveries/attempts.ts'
import { type DeliveryFilter, type DeliveryRow, readDeliveries, readDelivery } from '../deliveries/delivery-list.ts'
import { readHolds } from '../stream/held.ts'
import { type Hold, type Moment, timelineOf } from './delivery-timeline.ts'

export { countByType } from '../deliveries/deliveries.ts'
export type { DeliveryFilter } from '../deliveries/delivery-list.ts'

export type Delivery = {
  id: string
  endpointId: string
  endpointVersion: number
  eventId: string
  instanceId: string
  type: string
  messageId: string | null
  state: string
  attempts: number
  createdAt: string
  firstAttemptAt: string | null
  lastAttemptAt: string | null
  /** When the next attempt is due. */
  retryAt: string | null
  statusCode: number | null
  error: string | null
}
export type Attempt = {
  attempt: number
  outcome: string
  startedAt: string
  durationMs: number
  statusCode: number | null
  error: string | null
  retryInMs: number | null
  /** At most 4 KiB. */
  response: string | null
}
export type Page<T> = { data: readonly T[]; nextCursor: string | null }

/** After a cursor that is none of ours comes nothing. */
export async function listDeliveries(database: Transaction, of: DeliveryFilter): Promise<Page<Delivery>> {
  const { rows, nextCursor } = await readRows(database, of)
  return { data: rows.map(deliveryOf), nextCursor }
}

async function readRows(
  database: Transaction,
  of: DeliveryFilter,
): Promise<{ rows: readonly DeliveryRow[]; nextCursor: string | null }> {
  const rows = await readDeliveries(database, of)
  const shown = rows.slice(0, of.limit)
  return { rows: shown, nextCursor: rows.length > of.limit ? (shown.at(-1)?.delivery_id ?? null) : null }
}

/** As listDeliveries, each with what happened to it. */
export async function listTimelines(
  database: Transaction,
  of: DeliveryFilter,
): Promise<Page<Delivery & { timeline: readonly Moment[] }>> {
  const { rows, nextCursor } = await readRows(database, of)
  const history = await readHistory(database, rows)
  return { data: rows.map(row => ({ ...deliveryOf(row), timeline: timeline(row, history.of(row)) })), nextCursor }
}

/** With its attempts, the first one first; null: there is none. */
export async function getDelivery(
  database: Transaction,
  id: string,
): Promise<(Omit<Delivery, 'attempts'> & { attempts: readonly Attempt[]; timeline: readonly Moment[] }) | null> {
  const row = await readDelivery(database, id)
  if (row === null) return null
  const history = (await readHistory(database, [row])).of(row)
  return { ...deliveryOf(row), attempts: history.attempts.map(attemptOf), timeline: timeline(row, history) }
}

type History = { attempts: readonly AttemptRow[]; hold: Hold | null }

async function readHistory(database: Transaction, rows: readonly DeliveryRow[]): Promise<{ of(row: DeliveryRow): History }> {
  const ids = rows.map(row => row.delivery_id)
  const attempts = await readAttempts(database, ids)
  const holds = await readHolds(database, ids)
  return {
    of: row => ({
      attempts: attempts.filter(one => one.delivery_id === row.delivery_id),
      hold: holds.find(one => one.deliveryId === row.delivery_id) ?? null,
    }),
  }
}

const timeline = (row: DeliveryRow, { attempts, hold }: History): readonly Moment[] =>
  timelineOf({
    state: row.state,
    error: row.error,
    createdAt: row.created_at,
    releasedAt: row.released_at,
    retryAt: row.retry_at,
    hold,
    attempts: attempts.map(one => ({
      attempt: one.attempt,
      startedAt: one.started_at,
      durationMs: Number(one.duration_ms),
      outcome: one.outcome,
      statusCode: one.status_code,
      error: one.error,
    })),
  })

const deliveryOf = (row: DeliveryRow): Delivery => ({
  id: row.delivery_id,
  endpointId: row.endpoint_id,
  endpointVersion: row.endpoint_version,
  eventId: row.event_id,
  instanceId: row.instance_id,
  type: row.webhook_type,
  messageId: row.message_id,
  state: row.state,
  attempts: row.attempts,
  createdAt: row.created_at.toISOString(),
  firstAttemptAt: row.first_attempt_at?.toISOString() ?? null,
  lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  retryAt: row.retry_at?.toISOString() ?? null,
  statusCode: row.status_code,
  error: row.error,
})

const attemptOf = (row: AttemptRow): Attempt => ({
  attempt: row.attempt,
  outcome: row.outcome,
  startedAt: row.started_at.toISOString(),
  durationMs: Number(row.duration_ms),
  statusCode: row.status_code,
  error: row.error,
  retryInMs: row.retry_in_ms === null ? null : Number(row.retry_in_ms),
  response: row.response,
})
