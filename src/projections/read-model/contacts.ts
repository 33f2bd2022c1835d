// What is known of each contact, per address: of every field the value with the greatest (epoch, sequence), whenever it comes.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { keyOf, latestOf, newer, newerSaid } from './stamp.ts'

type ContactEvent = EventOf<'contact.updated'>

export function contactsIn(schema: string): (events: readonly ContactEvent[]) => Write {
  const insert = insertInto(schema, 'contacts', columns, onConflict)
  return events => insert([...Map.groupBy(events, event => keyOf(event.instanceId, event.contactId)).values()].map(toRow))
}

const columns = [
  ...['instance_id', 'contact_id', 'name', 'name_epoch', 'name_sequence', 'push_name', 'push_name_epoch', 'push_name_sequence'],
  ...['updated_at', 'epoch', 'sequence', 'changed_by_event'],
]

function toRow(ofOne: readonly ContactEvent[]): Row {
  const last = latestOf(ofOne)
  const name = latestOf(ofOne.filter(event => event.name != null))
  const pushName = latestOf(ofOne.filter(event => event.pushName != null))
  return {
    instance_id: last?.instanceId,
    contact_id: last?.contactId,
    name: name?.name ?? null,
    name_epoch: name?.epoch ?? -1,
    name_sequence: name?.sequence ?? -1,
    push_name: pushName?.pushName ?? null,
    push_name_epoch: pushName?.epoch ?? -1,
    push_name_sequence: pushName?.sequence ?? -1,
    updated_at: isoInstant(last?.occurredAt ?? 0),
    epoch: last?.epoch,
    sequence: last?.sequence,
    changed_by_event: last?.eventId,
  }
}

const onConflict = `on conflict (instance_id, contact_id) do update set ${[
  ...newerSaid('name'),
  ...newerSaid('push_name'),
  ...newer('', ['updated_at', 'changed_by_event', 'epoch', 'sequence']),
].join(', ')}`
