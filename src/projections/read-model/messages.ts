// One row per message, its first copy for ever; edits and revokes change it only in settle-messages.ts.
import { rowOf } from './columns.ts'
import { insertRows } from './insert-rows.ts'
import { messageTable } from './message-columns.ts'
import type { MessageEvent } from './sort-events.ts'
import type { Target } from './tables.ts'

export async function projectMessages(into: Target, events: readonly MessageEvent[]): Promise<void> {
  const rows = events.map(event => rowOf(messageTable, event))
  await insertRows(into, 'messages', rows, 'on conflict (event_id) do nothing')
}
