// What became of each file, by a maximum that any order of the topics yields: the higher round,
// then expired > stored > failed > downloaded > refreshed.
import type { Write } from '../../database/statement-parts.ts'
import { type Columns, columnOf, columnsOf, rowMaker } from './columns.ts'
import { insertInto } from './insert-rows.ts'
import { changingColumns, keyColumns, ranks } from './media-columns.ts'
import type { MediaEvent } from './sort-events.ts'

export function mediaIn(schema: string): (events: readonly MediaEvent[]) => Write {
  const insert = insertInto(schema, 'media', columnsOf(columns), onConflict)
  return events => insert(greatestOf(events).map(toRow))
}

/** Of each file. */
function greatestOf(events: readonly MediaEvent[]): readonly MediaEvent[] {
  const greatest = new Map<string, MediaEvent>()
  for (const event of events) {
    const known = greatest.get(event.sourceEventId)
    if (known === undefined || isGreater(event, known)) greatest.set(event.sourceEventId, event)
  }
  return [...greatest.values()]
}

const isGreater = (one: MediaEvent, other: MediaEvent) =>
  one.round !== other.round ? one.round > other.round : ranks[one.type] > ranks[other.type]

const onConflict = `on conflict (source_event_id) do update set ${Object.keys(changingColumns)
  .map(name => `${columnOf(name)} = excluded.${columnOf(name)}`)
  .join(', ')}
  where (excluded.round, excluded.rank) > (old.round, old.rank)`

const columns: Columns<MediaEvent> = { ...keyColumns, ...changingColumns }
const toRow = rowMaker(columns)
