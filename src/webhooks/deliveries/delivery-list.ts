// Deliveries as the API lists and shows them.
import type { Transaction } from '../../database/database.ts'
import { createdAtOf, rowsThat } from './deliveries.ts'

export type DeliveryRow = {
  delivery_id: string
  endpoint_id: string
  endpoint_version: number
  event_id: string
  instance_id: string
  webhook_type: string
  message_id: string | null
  state: string
  attempts: number
  created_at: Date
  released_at: Date | null
  first_attempt_at: Date | null
  last_attempt_at: Date | null
  retry_at: Date | null
  status_code: number | null
  error: string | null
}
export type DeliveryFilter = {
  endpointId?: string | undefined
  eventId?: string | undefined
  messageId?: string | undefined
  state?: string | undefined
  /** Epoch ms; after is inclusive, before exclusive. */
  after?: number | undefined
  before?: number | undefined
  cursor?: string | undefined
  /** 1..200. */
  limit: number
}

/** Newest first, one more than the limit where there are more. After a cursor that is none of ours comes nothing. */
export function readDeliveries(database: Transaction, of: DeliveryFilter): Promise<readonly DeliveryRow[]> {
  const values: unknown[] = []
  const bind = (value: unknown) => `$${values.push(value)}`
  // Only what is asked for is in the statement, and the cursor's place is a value in it: an index finds the page, however deep it is.
  const when = <Value>(value: Value | undefined, term: (bound: string) => string) =>
    value === undefined ? [] : [term(bind(value))]
  const terms = [
    ...when(of.endpointId, id => `d.endpoint_id = ${id}`),
    ...when(of.eventId, id => `d.event_id = ${id}`),
    ...when(of.messageId, id => `d.message_id = ${id}`),
    ...when(of.state, state => `d.state = ${state}`),
    ...when(of.after, ms => `d.created_at >= to_timestamp(${ms}::float8 / 1000)`),
    ...when(of.before, ms => `d.created_at < to_timestamp(${ms}::float8 / 1000)`),
    ...when(of.cursor, id => `(d.created_at, d.delivery_id) < (${createdAtOf(id)}, ${id}::text)`),
  ]
  return database.query<DeliveryRow>(
    rowsThat(`${terms.length === 0 ? '' : `where ${terms.join(' and ')}`}
     order by d.created_at desc, d.delivery_id desc limit ${bind(of.limit + 1)}`),
    values,
  )
}

export async function readDelivery(database: Transaction, id: string): Promise<DeliveryRow | null> {
  const [row] = await database.query<DeliveryRow>(rowsThat('where d.delivery_id = $1'), [id])
  return row ?? null
}
