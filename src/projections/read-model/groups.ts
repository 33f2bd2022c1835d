// What each group is called: the name with the greatest (epoch, sequence), whenever it comes.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto } from './insert-rows.ts'
import { isAfter, keyOf } from './stamp.ts'

type GroupEvent = EventOf<'group.updated'>

export function groupsIn(schema: string): (events: readonly GroupEvent[]) => Write {
  const insert = insertInto(schema, 'groups', columns, onConflict)
  return events => insert(lastOf(events).map(toRow))
}

function lastOf(events: readonly GroupEvent[]): readonly Named[] {
  const last = new Map<string, Named>()
  for (const event of events) {
    const { subject = null } = event
    const known = last.get(keyOf(event.instanceId, event.groupId))
    if (subject !== null && (known === undefined || isAfter(event, known)))
      last.set(keyOf(event.instanceId, event.groupId), { ...event, subject })
  }
  return [...last.values()]
}

type Named = GroupEvent & { subject: string }

const columns = ['instance_id', 'group_id', 'subject', 'updated_at', 'epoch', 'sequence', 'changed_by_event']

const onConflict = `on conflict (instance_id, group_id) do update set
    subject = excluded.subject, updated_at = excluded.updated_at,
    epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where (excluded.epoch, excluded.sequence) > (old.epoch, old.sequence)`

const toRow = (event: Named) => ({
  instance_id: event.instanceId,
  group_id: event.groupId,
  subject: event.subject,
  updated_at: isoInstant(event.occurredAt),
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
