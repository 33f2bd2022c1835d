// Which LID and which phone-number JID are one person, from every event that names both. Pairs are only ever added.
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import type { Event } from '../../events/event.ts'
import { storableId } from '../../events/storable-ids.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { keyOf } from './stamp.ts'

export type AddressPair = { instance_id: string; lid: string; pn: string }
export type AddressPairs = {
  /** Those of the pairs that are not known yet. */
  readNew(pairs: readonly Row[]): Read<AddressPair>
  insert(pairs: readonly Row[]): Write
}

export const addressPairsIn = (schema: string): AddressPairs => ({
  readNew: pairs => ({ sql: newPairs(schema, '$1'), values: [asRows(pairs)] }),
  insert: insertInto(schema, 'address_pairs', columns, 'on conflict do nothing'),
})

/** A statement: of the pairs in the JSON parameter `given` those that are not known yet. `limit`: looked up one by one, never all at once. */
export const newPairs = (schema: string, given: string): string => `
  select n.instance_id, n.lid, n.pn from json_to_recordset(${given}::json) as n(instance_id text, lid text, pn text)
  left join lateral (
    select true as is_known from ${schema}.address_pairs p
    where p.instance_id = n.instance_id and p.lid = n.lid and p.pn = n.pn limit 1) known on true
  where is_known is null`

const columns = ['instance_id', 'lid', 'pn', 'occurred_at', 'changed_by_event']

/** The pairs that these events name, each as the first of them names it. */
export function pairsIn(events: readonly Event[]): readonly (AddressPair & Row)[] {
  const first = new Map<string, AddressPair & Row>()
  for (const event of events)
    for (const [lid, pn] of namedIn(event)) {
      const key = keyOf(event.instanceId, lid, pn)
      const of = { instance_id: event.instanceId, lid, pn }
      if (!first.has(key)) first.set(key, { ...of, occurred_at: isoInstant(event.occurredAt), changed_by_event: event.eventId })
    }
  return [...first.values()]
}

type Named = readonly (string | null | undefined)[]

function namedIn(event: Event): readonly (readonly [string, string])[] {
  if (event.type.startsWith('media.')) return [] // repeats its message's, from another topic
  const named: readonly Named[] = [[event.chatId, event.chatPn], [event.senderId, event.senderPn], ...alsoNamedIn(event)]
  return named.flatMap(([lid, pn]) => (lid?.endsWith('@lid') && pn?.endsWith('@s.whatsapp.net') ? [[lid, pn] as const] : []))
}

/** Beside the chat and the sender. */
function alsoNamedIn(event: Event): readonly Named[] {
  switch (event.type) {
    case 'contact.updated':
      return [[event.contactLid ?? event.contactId, event.contactPn ?? event.contactId]]
    case 'blocklist.updated':
      return [[event.contactId, event.contactPn]]
    case 'group.updated':
      return [[event.ownerId, event.ownerPn], ...(event.participants ?? []).map(storablePair)]
    case 'group.participants-changed':
    case 'group.join-requested':
      return event.participants.map(storablePair)
    default:
      return []
  }
}

const storablePair = ({ id, pn }: { id: string; pn?: string | null }): Named => [storableId(id), pn == null ? pn : storableId(pn)]
