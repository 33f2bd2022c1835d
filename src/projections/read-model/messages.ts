// One row per message, its first copy for ever; edits and revokes change it only in settle-messages.ts.
import type { Write } from '../../database/statement-parts.ts'
import { columnsOf, rowMaker } from './columns.ts'
import { insertInto } from './insert-rows.ts'
import { messageTable } from './message-columns.ts'
import type { MessageEvent } from './sort-events.ts'

export function messagesIn(schema: string): (events: readonly MessageEvent[]) => Write {
  const insert = insertInto(schema, 'messages', columnsOf(messageTable), 'on conflict (event_id) do nothing')
  return events => insert(events.map(toRow))
}

const toRow = rowMaker(messageTable)
