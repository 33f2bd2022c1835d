// How messages are settled, in SQL: the tables and functions of one version of the read model, by its schema.
import type { TableName } from './tables.ts'

/** Written once for each version: the server knows a statement by its text. */
export const settleStatements = (schema: string) => ({
  /** Messages that wait for an address to be known as another's: {instance_id, message_id} of addresses ($1 instances, $2 addresses). */
  unsettled: unsettledIn(schema),
  /** Of messages ($1 instances, $2 message ids), as is the next: the good copy in place of the one that could not be decrypted. */
  replaceUndecryptable: replaceUndecryptableIn(schema),
  /** The last edit and the first revoke. */
  applyChanges: applyChangesIn(schema),
})

const unsettledIn = (schema: string) => `
  with learnt as (select * from unnest($1::text[], $2::text[]) as l(instance_id, address))
  select c.instance_id, c.target_message_id as message_id from learnt l join ${schema}.message_edits c on c.instance_id = l.instance_id and c.chat_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join ${schema}.message_edits c on c.instance_id = l.instance_id and c.sender_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join ${schema}.message_revokes c on c.instance_id = l.instance_id and c.chat_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join ${schema}.message_revokes c on c.instance_id = l.instance_id and c.sender_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join ${schema}.message_revokes c on c.instance_id = l.instance_id and c.target_sender_id = l.address
  union select m.instance_id, m.message_id from learnt l join ${schema}.messages m on m.instance_id = l.instance_id
    and m.undecryptable is not null and l.address in (m.chat_id, m.sender_id)`

const touchedRows = 'unnest($1::text[], $2::text[]) as t(instance_id, message_id)'
const sameChat = (schema: string, one: string, other: string) =>
  `${schema}.same_address(${one}.instance_id, ${one}.chat_id, ${other}.chat_id)`
const sameSender = (schema: string, one: string, other: string) =>
  `((${one}.from_me and ${other}.from_me) or ${schema}.same_address(${one}.instance_id, ${one}.sender_id, ${other}.sender_id))`

const replaceUndecryptableIn = (schema: string) => `
  delete from ${schema}.messages u using ${touchedRows}
  where u.instance_id = t.instance_id and u.message_id = t.message_id and u.undecryptable is not null
    and exists (
      select from ${schema}.messages good
      where good.instance_id = u.instance_id and good.message_id = u.message_id and good.undecryptable is null
        and ${sameChat(schema, 'good', 'u')} and ${sameSender(schema, 'good', 'u')})`

/** Most messages are never changed: only those that something names are looked at more closely. */
const changedMessages = (schema: string) => `
  select m.* from ${touchedRows} join ${schema}.messages m on m.instance_id = t.instance_id and m.message_id = t.message_id
  where exists (select from ${schema}.message_edits c where c.instance_id = m.instance_id and c.target_message_id = m.message_id)
     or exists (select from ${schema}.message_revokes c where c.instance_id = m.instance_id and c.target_message_id = m.message_id)`

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
  with changed as materialized (${changedMessages(schema)}),
  settled as (
    select m.event_id, e.event_id as edit, e.text, e.occurred_at as edited_at, r.event_id as revoke, r.occurred_at as revoked_at
    from changed m
    left join lateral (${firstOf(schema, lastEdit)}) e on true
    left join lateral (${firstOf(schema, firstRevoke)}) r on true
    where e.event_id is not null or r.event_id is not null)
  update ${schema}.messages m set
    text = case when s.edit is null then m.text else s.text end,
    edited_at = s.edited_at, revoked_at = s.revoked_at, changed_by_event = coalesce(s.revoke, s.edit)
  from settled s
  where m.event_id = s.event_id
    and (m.edited_at, m.revoked_at, m.changed_by_event) is distinct from (s.edited_at, s.revoked_at, coalesce(s.revoke, s.edit))`
