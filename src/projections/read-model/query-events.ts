// Which row an event made, of those that are kept under its id.
import type { Transaction } from '../../database/database.ts'

export type EventRow = {
  row: 'message' | 'edit' | 'revoke'
  instanceId: string
  /** Of the message that it is, or that it changed. */
  messageId: string
  /** As WhatsApp has it: its record is not older. */
  occurredAt: Date
  /** From the time before the device was linked. */
  history: boolean
}

/** null: none. */
export async function findEventRow(database: Transaction, eventId: string): Promise<EventRow | null> {
  const [row] = await database.query<EventRow>(
    `select 'message' as row, m.instance_id as "instanceId", m.message_id as "messageId", m.occurred_at as "occurredAt", m.from_history as history
     from messages m where m.event_id = $1
     union all select 'edit', e.instance_id, e.target_message_id, e.occurred_at, false from message_edits e where e.event_id = $1
     union all select 'revoke', r.instance_id, r.target_message_id, r.occurred_at, false from message_revokes r where r.event_id = $1
     limit 1`,
    [eventId],
  )
  return row ?? null
}
