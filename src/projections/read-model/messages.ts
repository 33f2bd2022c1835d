// One row per message, its first copy for ever; edits and revokes change it only in settle-messages.ts.
import type { Transaction } from '../../database/database.ts'
import { rowOf } from './columns.ts'
import { insertRows } from './insert-rows.ts'
import { messageTable } from './message-columns.ts'
import type { MessageEvent } from './sort-events.ts'

export async function projectMessages(tx: Transaction, events: readonly MessageEvent[]): Promise<void> {
  const rows = events.map(event => rowOf(messageTable, event))
  await insertRows(tx, 'messages', rows, 'on conflict (event_id) do nothing')
}
