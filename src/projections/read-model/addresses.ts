// Which LID and which phone-number JID are one person, from every event that names both. Pairs are only ever added, each with the least of the
// times at which it was told. A number is the LID's that it was told of last: whoever had it before has it no more.
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import type { Event, EventOf } from '../../events/event.ts'
import { storableId } from '../../events/storable-ids.ts'
import { isOfHistory } from '../../events/topics.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { keyOf } from './stamp.ts'

export type AddressPair = { instance_id: string; lid: string; pn: string }
export type AddressPairs = {
  /** Those of the pairs that are not known yet, or not to have been told so early. */
  readNew(pairs: readonly Row[]): Read<AddressPair>
  insert(pairs: readonly Row[]): Write
}

export const addressPairsIn = (schema: string): AddressPairs => ({
  readNew: pairs => ({
    sql: movingPairs(schema, '$1'),
    values: [asRows(pairs)],
    isEmpty: pairs.length === 0,
  }),
  insert: insertInto(
    schema,
    'address_pairs',
    columns,
    `on conflict (instance_id, lid, pn) do update set occurred_at = excluded.occurred_at, changed_by_event = excluded.changed_by_event
     where ${isEarlier('excluded', 'old')}`,
  ),
})

const isEarlier = (one: string, other: string) =>
  `(${one}.occurred_at, ${one}.changed_by_event) < (${other}.occurred_at, ${other}.changed_by_event)`

/** A statement: of the pairs in the JSON parameter `given` those that are not known yet. */
export const newPairs = (schema: string, given: string): string => pairsWhere(schema, given, 'is_known is null')

/** The same, and those that are not known to have been told so early: the number may be another one's from now on. */
export const movingPairs = (schema: string, given: string): string =>
  pairsWhere(schema, given, `is_known is null or ${isEarlier('n', 'known')}`)

/** `limit`: looked up one by one, never all at once. */
const pairsWhere = (schema: string, given: string, condition: string): string => `
  select n.instance_id, n.lid, n.pn
  from json_to_recordset(${given}::json) as n(instance_id text, lid text, pn text, occurred_at timestamptz, changed_by_event text)
  left join lateral (
    select true as is_known, p.occurred_at, p.changed_by_event from ${schema}.address_pairs p
    where p.instance_id = n.instance_id and p.lid = n.lid and p.pn = n.pn limit 1) known on true
  where ${condition}`

const columns = ['instance_id', 'lid', 'pn', 'occurred_at', 'changed_by_event']

type ToldPair = AddressPair & { occurred_at: string; changed_by_event: string }

/** The pairs that these events name, each as it was told first. */
export function pairsIn(events: readonly Event[]): readonly (ToldPair & Row)[] {
  const first = new Map<string, ToldPair>()
  for (const event of events)
    for (const [lid, pn] of namedIn(event)) {
      const told = { instance_id: event.instanceId, lid, pn, occurred_at: toldAt(event), changed_by_event: event.eventId }
      const key = keyOf(event.instanceId, lid, pn)
      const known = first.get(key)
      if (known === undefined || isToldBefore(told, known)) first.set(key, told)
    }
  return [...first.values()]
}

/** The phone says today what it knows today, also of a message of years ago. */
const toldAt = (event: Event): string => isoInstant(isOfHistory(event) ? event.recordedAt : event.occurredAt)

const isToldBefore = (one: ToldPair, other: ToldPair): boolean =>
  one.occurred_at === other.occurred_at ? one.changed_by_event < other.changed_by_event : one.occurred_at < other.occurred_at

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
      return [storablePair({ id: event.ownerId, pn: event.ownerPn }), ...(event.participants ?? []).map(storablePair)]
    case 'group.participants-changed':
    case 'group.join-requested':
      return event.participants.map(storablePair)
    case 'message.history':
      return namedAbout(event)
    default:
      return []
  }
}

type Pair = { id: string | null | undefined; pn?: string | null | undefined }
const storablePair = ({ id, pn }: Pair): Named => [id, pn].map(one => (one == null ? one : storableId(one)))

/** By what a message of history says of others. */
const namedAbout = ({ reactions, votes, answers, receipts }: EventOf<'message.history'>): readonly Named[] => [
  ...[...(reactions ?? []), ...(votes ?? []), ...(answers ?? [])].map(one =>
    storablePair({ id: one.senderId, pn: one.senderPn }),
  ),
  ...(receipts ?? []).map(one => storablePair({ id: one.participantId, pn: one.participantPn })),
]
