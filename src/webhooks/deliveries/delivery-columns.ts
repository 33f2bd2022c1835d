// A delivery, and what came of it, as columns of its row: for statements that are given rows as JSON.
import { type AttemptRecord, type Released, reasonOf, stateAfter } from './attempt-record.ts'

export const columnsOf = (delivery: Released) => ({
  delivery_id: delivery.deliveryId,
  endpoint_id: delivery.endpointId,
  endpoint_version: delivery.endpointVersion,
  event_id: eventIdOf(delivery),
  instance_id: delivery.instanceId,
  lane: delivery.lane,
  webhook_type: delivery.webhookType,
  message_id: delivery.messageId,
})

/** deliveryId is {eventId}_{endpointId}. */
const eventIdOf = (delivery: Released) => delivery.deliveryId.slice(0, delivery.deliveryId.indexOf('_'))

/** Columns and types of `given`, for jsonb_to_recordset; outcomeOf has them. */
export const outcomeColumns = `delivery_id text, endpoint_id text, endpoint_version integer, event_id text, instance_id text, lane text,
  webhook_type text, message_id text, state text, attempt integer, begun_ms_ago float8, retry_in_ms float8, status_code integer, error text,
  step integer, refused_ms bigint`

export const outcomeOf = ({ delivery, exchange, outcome }: AttemptRecord) => ({
  ...columnsOf(delivery),
  state: stateAfter(outcome),
  attempt: exchange?.attempt ?? null,
  begun_ms_ago: exchange && exchange.durationMs + exchange.agoMs,
  retry_in_ms: outcome.kind === 'retry' ? Math.max(0, outcome.inMs - (exchange?.agoMs ?? 0)) : null,
  status_code: exchange?.statusCode ?? null,
  error: exchange?.error ?? reasonOf(outcome),
  step: outcome.kind === 'retry' ? outcome.step : null,
  refused_ms: outcome.kind === 'retry' ? outcome.refusedMs : null,
})
