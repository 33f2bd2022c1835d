// Brings messages and their pins, stars and deletions together, in whichever order they came: lists are filtered by them, so they are in the
// message's row. Most messages have none: which do is read beside all else, and only those are marked.
import { asRows, type Found, type Read, type Write } from '../../database/statement-parts.ts'
import { newPairs } from './addresses.ts'
import type { Row } from './insert-rows.ts'
import { messageIdOf } from './message-columns.ts'
import type { SaidOfMessage } from './said-of-message.ts'
import { type MessageKey, uniqueKeys } from './settle-messages.ts'
import { addressesOf } from './settle-statements.ts'
import type { SortedEvents } from './sort-events.ts'

export type Marking = {
  reads: readonly Read<unknown>[]
  /** To be done behind the rows of these events, of whose instances alone. `said`: pins, stars and deletions that came with them. */
  writesFor(found: Found, said: readonly SaidOfMessage[], instanceIds: ReadonlySet<string>): readonly Write[]
}

/** In the tables of one schema. Of everything that comes with these events, and of messages that waited for one of the address pairs. */
export function markingIn(schema: string): (sorted: SortedEvents, pairs: readonly Row[]) => Marking {
  const [markedAmong, waiting, mark] = [markedAmongIn(schema), waitingIn(schema), markIn(schema)]
  return ({ messages, history }, pairs) => {
    const come = [...messages, ...history].map(event => ({ instance_id: event.instanceId, message_id: messageIdOf(event) }))
    const marked: Read<MessageKey> = { sql: markedAmong, values: [asRows(uniqueKeys(come))], isEmpty: come.length === 0 }
    const waited: Read<MessageKey> = { sql: waiting, values: [asRows(pairs)], isEmpty: pairs.length === 0 }
    return {
      reads: [marked, waited],
      writesFor: (found, said, instanceIds) => {
        const known = [...found(marked), ...found(waited)].filter(one => instanceIds.has(one.instance_id))
        const targets = said.map(one => ({ instance_id: one.instanceId, message_id: one.targetMessageId }))
        const keys = uniqueKeys([...known, ...targets])
        return [{ sql: mark, values: [asRows(keys)], isEmpty: keys.length === 0 }]
      },
    }
  }
}

const tables = ['message_pins', 'message_stars', 'message_deletions'] as const

/** Looked up one by one in the key of each table. */
const markedAmongIn = (schema: string) => `
  select t.instance_id, t.message_id from json_to_recordset($1::json) as t(instance_id text, message_id text)
  cross join lateral (select from (${tables
    .map(
      table => `
    (select from ${schema}.${table} c where c.instance_id = t.instance_id and c.target_message_id = t.message_id limit 1)`,
    )
    .join(' union all ')}) one limit 1) found`

/** Of address pairs ($1 instance_id, lid and pn) that are new. `offset 0`: each address by itself. */
const waitingIn = (schema: string) => `
  select distinct l.instance_id, found.message_id
  from (select n.instance_id, unnest(array[n.lid, n.pn]) as address from (${newPairs(schema, '$1')}) n) l
  cross join lateral (${tables
    .flatMap(table =>
      ['chat_id', 'target_sender_id'].map(
        column => `
    (select c.target_message_id as message_id from ${schema}.${table} c where c.instance_id || ' ' || c.${column} = l.instance_id || ' ' || l.address offset 0)`,
      ),
    )
    .join(' union all ')}) found`

/**
 * Of the rows of `table` that name message m in its chat, and its sender or nobody, the first in that order. Asked by whole keys, with
 * m.chats and m.senders, so that the index answers with one row each: whom else they name costs nothing.
 */
const firstOf = (schema: string, table: (typeof tables)[number], order: string) => `
  select c.* from unnest(m.chats) as chat(address)
  cross join unnest(array_append(m.senders, '')) as sender(address)
  cross join lateral (
    select * from ${schema}.${table} c where c.instance_id = m.instance_id and c.target_message_id = m.message_id
      and c.chat_id = chat.address and c.target_sender_id = sender.address limit 1) c
  order by ${order} limit 1`

const markIn = (schema: string) => `
  with touched as materialized (
    select m.*, ${addressesOf(schema)} from json_to_recordset($1::json) as t(instance_id text, message_id text)
    cross join lateral (
      select * from ${schema}.messages m where m.instance_id = t.instance_id and m.message_id = t.message_id offset 0) m),
  marked as materialized (
    select m.event_id, s.is_on as starred, case when p.is_on then coalesce(p.until_at, 'infinity') end as pinned_until,
      d.occurred_at as deleted_at
    from touched m
    left join lateral (${firstOf(schema, 'message_stars', 'c.epoch desc, c.sequence desc')}) s on true
    left join lateral (${firstOf(schema, 'message_pins', 'c.occurred_at desc, c.epoch desc, c.sequence desc')}) p on true
    left join lateral (${firstOf(schema, 'message_deletions', 'c.occurred_at, c.epoch, c.sequence')}) d on true)
  update ${schema}.messages m set starred = k.starred, pinned_until = k.pinned_until, deleted_at = k.deleted_at
  from marked k
  where m.event_id = any(array(select event_id from marked)) and m.event_id = k.event_id
    and (m.starred, m.pinned_until, m.deleted_at) is distinct from (k.starred, k.pinned_until, k.deleted_at)`
