// What became of each file, by a maximum that any order of the topics yields: the higher round,
// then expired > stored > failed > downloaded > refreshed.
import { columnOf, rowOf } from './columns.ts'
import { insertRows } from './insert-rows.ts'
import { changingColumns, keyColumns, ranks } from './media-columns.ts'
import type { MediaEvent } from './sort-events.ts'
import type { Target } from './tables.ts'

export async function projectMedia(into: Target, events: readonly MediaEvent[]): Promise<void> {
  const greatest = new Map<string, MediaEvent>()
  for (const event of events) {
    const known = greatest.get(event.sourceEventId)
    if (known === undefined || isGreater(event, known)) greatest.set(event.sourceEventId, event)
  }
  const rows = [...greatest.values()].map(event => rowOf({ ...keyColumns, ...changingColumns }, event))
  await insertRows(into, 'media', rows, onConflict)
}

const isGreater = (one: MediaEvent, other: MediaEvent) =>
  one.round !== other.round ? one.round > other.round : ranks[one.type] > ranks[other.type]

const onConflict = `on conflict (source_event_id) do update set ${Object.keys(changingColumns)
  .map(name => `${columnOf(name)} = excluded.${columnOf(name)}`)
  .join(', ')}
  where (excluded.round, excluded.rank) > (old.round, old.rank)`
