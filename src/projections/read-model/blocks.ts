// Whom the account blocked, per address: whether it did, by the greatest (epoch, sequence).
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { isNewerThanOld, keyOf, latestByKey } from './stamp.ts'

type BlockEvent = EventOf<'blocklist.updated'>

export function blocksIn(schema: string): (events: readonly BlockEvent[]) => Write {
  const insert = insertInto(schema, 'blocks', columns, onConflict)
  return events => insert(latestByKey(events, event => keyOf(event.instanceId, event.contactId)).map(toRow))
}

/** Whether somebody is blocked, by the last word about any of their addresses (an array); both are SQL. */
export const isBlocked = (instance: string, addresses: string): string => `coalesce((
  select b.is_on from blocks b where b.instance_id = ${instance} and b.contact_id = any (${addresses})
  order by b.epoch desc, b.sequence desc limit 1), false)`

const columns = ['instance_id', 'contact_id', 'is_on', 'epoch', 'sequence', 'changed_by_event']

const onConflict = `on conflict (instance_id, contact_id) do update set
    is_on = excluded.is_on, epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where ${isNewerThanOld}`

const toRow = (event: BlockEvent): Row => ({
  instance_id: event.instanceId,
  contact_id: event.contactId,
  is_on: event.on,
  epoch: event.epoch,
  sequence: event.sequence,
  changed_by_event: event.eventId,
})
