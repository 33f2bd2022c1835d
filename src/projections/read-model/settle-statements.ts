// How messages are settled, in SQL: the tables and functions of one version of the read model, by its schema.
import { newPairs } from './addresses.ts'
import { unreadIndex } from './indexes.ts'
import type { TableName } from './tables.ts'

/** Written once for each version: the server knows a statement by its text. Parameters are rows in JSON. */
export const settleStatements = (schema: string) => ({
  /** Of messages ($1 instance_id and message_id) those that something was said about, and what: {instance_id, message_id, changed, undecryptable}. */
  spokenOf: spokenOfIn(schema),
  /** Messages that wait for an address to be known as another's: {instance_id, message_id}, of pairs ($1 instance_id, lid and pn) that are new. */
  unsettled: unsettledIn(schema),
  /** Of messages ($1 instance_id and message_id), as is the next: the good copy in place of the one that could not be decrypted. */
  replaceUndecryptable: replaceUndecryptableIn(schema),
  /** The last edit and the first revoke. */
  applyChanges: applyChangesIn(schema),
})

/** Looked up one by one in an index of each table: how much else there is of an instance costs nothing. */
const spokenOfIn = (schema: string) => `
  select t.instance_id, t.message_id, coalesce(e.found, r.found, false) as changed, coalesce(u.found, false) as undecryptable
  from json_to_recordset($1::json) as t(instance_id text, message_id text)
  left join lateral (select true as found from ${schema}.message_edits c
    where c.instance_id = t.instance_id and c.target_message_id = t.message_id limit 1) e on true
  left join lateral (select true as found from ${schema}.message_revokes c
    where c.instance_id = t.instance_id and c.target_message_id = t.message_id limit 1) r on true
  left join lateral (
    select true as found from ${schema}.messages m
    where ${isMade(`${schema}.${unreadIndex}`)} and m.undecryptable is not null
      and m.instance_id || ' ' || m.message_id = t.instance_id || ' ' || t.message_id
    union all
    select true from (
      select m.undecryptable from ${schema}.messages m where m.instance_id = t.instance_id and m.message_id = t.message_id offset 0) m
    where not ${isMade(`${schema}.${unreadIndex}`)} and m.undecryptable is not null
    limit 1) u on true
  where coalesce(e.found, r.found, u.found, false)`

/**
 * Asked once for all rows. Until the index is there, which is made beside the work, a message is looked for by its id alone: with
 * the condition that the index is for, all that could not be read would be looked through.
 */
const isMade = (index: string) =>
  `(select coalesce(bool_and(i.indisvalid), false) from pg_index i where i.indexrelid = to_regclass('${index}'))`

/** `offset 0`: each address by itself. */
const unsettledIn = (schema: string) => `
  select distinct l.instance_id, found.message_id
  from (select n.instance_id, unnest(array[n.lid, n.pn]) as address from (${newPairs(schema, '$1')}) n) l
  cross join lateral (
    (select c.target_message_id as message_id from ${schema}.message_edits c where c.instance_id = l.instance_id and c.chat_id = l.address offset 0)
    union all (select c.target_message_id from ${schema}.message_edits c where c.instance_id = l.instance_id and c.sender_id = l.address offset 0)
    union all (select c.target_message_id from ${schema}.message_revokes c where c.instance_id = l.instance_id and c.chat_id = l.address offset 0)
    union all (select c.target_message_id from ${schema}.message_revokes c where c.instance_id = l.instance_id and c.sender_id = l.address offset 0)
    union all (select c.target_message_id from ${schema}.message_revokes c where c.instance_id = l.instance_id and c.target_sender_id = l.address offset 0)
    union all (select m.message_id from ${schema}.messages m
      where m.instance_id || ' ' || m.chat_id = l.instance_id || ' ' || l.address and m.undecryptable is not null offset 0)
    union all (select m.message_id from ${schema}.messages m
      where m.instance_id || ' ' || m.sender_id = l.instance_id || ' ' || l.address and m.undecryptable is not null offset 0)) found`

const touchedRows = 'json_to_recordset($1::json) as t(instance_id text, message_id text)'
const sameChat = (schema: string, one: string, other: string) =>
  `${schema}.same_address(${one}.instance_id, ${one}.chat_id, ${other}.chat_id)`
const sameSender = (schema: string, one: string, other: string) =>
  `((${one}.from_me and ${other}.from_me) or ${schema}.same_address(${one}.instance_id, ${one}.sender_id, ${other}.sender_id))`

const replaceUndecryptableIn = (schema: string) => `
  delete from ${schema}.messages where event_id = any(array(
    select u.event_id from ${touchedMessages(schema, 'u')}
    cross join lateral (
      select from ${schema}.messages good
      where good.instance_id = u.instance_id and good.message_id = u.message_id and good.undecryptable is null
        and ${sameChat(schema, 'good', 'u')} and ${sameSender(schema, 'good', 'u')} limit 1) good
    where u.undecryptable is not null))`

/** `offset 0`: looked up by themselves, however many others there are. */
const touchedMessages = (schema: string, m: string) => `${touchedRows} cross join lateral (
      select * from ${schema}.messages m where m.instance_id = t.instance_id and m.message_id = t.message_id offset 0) ${m}`

/**
 * Of the rows of `table` that name message m in its chat and fit one of `bys`, the first in that order. Asked by whole addresses, so that
 * an index answers with one row each: how many others there are, of whomever, costs nothing.
 */
const firstOf = (schema: string, { table, columns, order, bys }: Wanted) => `
  select ${columns} from (${bys
    .map(
      by => `
    select found.* from unnest(${schema}.addresses_of(m.instance_id, m.chat_id)) as chat(address)
    cross join unnest(${schema}.addresses_of(m.instance_id, m.sender_id)) as sender(address)
    cross join lateral (
      select * from ${schema}.${table} c
      where c.instance_id = m.instance_id and c.target_message_id = m.message_id and c.chat_id = chat.address and ${by}
      order by ${order} limit 1) found`,
    )
    .join(' union all ')}) c order by ${order} limit 1`

const bySender = 'c.sender_id = sender.address'
const byUs = 'm.from_me and c.from_me'
const byAdmin = 'm.is_group and c.target_sender_id = sender.address'

type Wanted = { table: TableName; columns: string; order: string; bys: readonly string[] }

const lastEdit: Wanted = {
  table: 'message_edits',
  columns: 'event_id, text, occurred_at',
  order: 'c.occurred_at desc, c.epoch desc, c.sequence desc',
  bys: [bySender, byUs],
}
const firstRevoke: Wanted = {
  table: 'message_revokes',
  columns: 'event_id, occurred_at',
  order: 'c.occurred_at, c.epoch, c.sequence',
  bys: [bySender, byUs, byAdmin],
}

const applyChangesIn = (schema: string) => `
  with changed as materialized (select m.* from ${touchedMessages(schema, 'm')}),
  settled as materialized (
    select m.event_id, e.event_id as edit, e.text, e.occurred_at as edited_at, r.event_id as revoke, r.occurred_at as revoked_at
    from changed m
    left join lateral (${firstOf(schema, lastEdit)}) e on true
    left join lateral (${firstOf(schema, firstRevoke)}) r on true
    where e.event_id is not null or r.event_id is not null)
  update ${schema}.messages m set
    text = case when s.edit is null then m.text else s.text end,
    edited_at = s.edited_at, revoked_at = s.revoked_at, changed_by_event = coalesce(s.revoke, s.edit)
  from settled s
  where m.event_id = any(array(select event_id from settled)) and m.event_id = s.event_id
    and (m.edited_at, m.revoked_at, m.changed_by_event) is distinct from (s.edited_at, s.revoked_at, coalesce(s.revoke, s.edit))`
