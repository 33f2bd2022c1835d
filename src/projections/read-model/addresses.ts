// Which LID and which phone-number JID are one person, from every event that names both. Pairs are only ever added.
import type { Event } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows } from './insert-rows.ts'
import { keyOf } from './stamp.ts'
import type { Target } from './tables.ts'

export type AddressPair = { instanceId: string; lid: string; pn: string }

/** Answers the pairs that were not known before. */
export async function learnAddressPairs(into: Target, events: readonly Event[]): Promise<readonly AddressPair[]> {
  const first = new Map<string, { pair: AddressPair; event: Event }>()
  for (const event of events)
    for (const pair of pairsIn(event)) {
      const key = keyOf(pair.instanceId, pair.lid, pair.pn)
      if (!first.has(key)) first.set(key, { pair, event })
    }
  const learnt = await insertRows<{ instance_id: string; lid: string; pn: string }>(
    into,
    'address_pairs',
    [...first.values()].map(({ pair, event }) => ({
      instance_id: pair.instanceId,
      lid: pair.lid,
      pn: pair.pn,
      occurred_at: isoInstant(event.occurredAt),
      changed_by_event: event.eventId,
    })),
    'on conflict do nothing returning instance_id, lid, pn',
  )
  return learnt.map(row => ({ instanceId: row.instance_id, lid: row.lid, pn: row.pn }))
}

function pairsIn(event: Event): readonly AddressPair[] {
  if (event.type.startsWith('media.')) return [] // repeats its message's, from another topic
  const named: (readonly (string | null | undefined)[])[] = [
    [event.chatId, event.chatPn],
    [event.senderId, event.senderPn],
  ]
  if (event.type === 'contact.updated') named.push([event.contactLid ?? event.contactId, event.contactPn ?? event.contactId])
  return named.flatMap(([lid, pn]) =>
    lid?.endsWith('@lid') && pn?.endsWith('@s.whatsapp.net') ? [{ instanceId: event.instanceId, lid, pn }] : [],
  )
}
