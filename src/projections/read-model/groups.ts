// What each group is called: the name with the greatest (epoch, sequence), whenever it comes.
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows } from './insert-rows.ts'
import { isAfter, keyOf } from './stamp.ts'
import type { Target } from './tables.ts'

type GroupEvent = EventOf<'group.updated'>

export async function projectGroups(into: Target, events: readonly GroupEvent[]): Promise<void> {
  const last = new Map<string, GroupEvent & { subject: string }>()
  for (const event of events) {
    const { subject = null } = event
    const known = last.get(keyOf(event.instanceId, event.groupId))
    if (subject !== null && (known === undefined || isAfter(event, known)))
      last.set(keyOf(event.instanceId, event.groupId), { ...event, subject })
  }
  const rows = [...last.values()].map(event => ({
    instance_id: event.instanceId,
    group_id: event.groupId,
    subject: event.subject,
    updated_at: isoInstant(event.occurredAt),
    epoch: event.epoch,
    sequence: event.sequence,
    changed_by_event: event.eventId,
  }))
  await insertRows(
    into,
    'groups',
    rows,
    `on conflict (instance_id, group_id) do update set
       subject = excluded.subject, updated_at = excluded.updated_at,
       epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
     where (excluded.epoch, excluded.sequence) > (old.epoch, old.sequence)`,
  )
}
