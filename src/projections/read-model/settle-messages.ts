// Brings messages and what was said about them together, in whichever order they came: the last edit, the first revoke,
// and the good copy in place of the one that could not be decrypted. Only a message's own sender edits it; a group's admin may revoke it.
import type { Transaction } from '../../database/database.ts'
import type { AddressPair } from './addresses.ts'
import { keyOf } from './stamp.ts'

/** All messages of one instance with this id: ids are chosen by senders, two chats may have the same. */
export type MessageKey = { instanceId: string; messageId: string }

/** `touched`: messages, edits and revokes that were just written; `learnt`: addresses that may now be found to be one. */
export async function settleMessages(
  tx: Transaction,
  touched: readonly MessageKey[],
  learnt: readonly AddressPair[],
): Promise<void> {
  const keys = new Map(
    [...touched, ...(await unsettledUnder(tx, learnt))].map(key => [keyOf(key.instanceId, key.messageId), key]),
  )
  if (keys.size === 0) return
  const values = [[...keys.values()].map(key => key.instanceId), [...keys.values()].map(key => key.messageId)]
  await tx.query(replaceUndecryptable, values)
  await tx.query(applyChanges, values)
}

async function unsettledUnder(tx: Transaction, pairs: readonly AddressPair[]): Promise<readonly MessageKey[]> {
  if (pairs.length === 0) return []
  const rows = await tx.query<{ instance_id: string; message_id: string }>(unsettled, [
    pairs.flatMap(pair => [pair.instanceId, pair.instanceId]),
    pairs.flatMap(pair => [pair.lid, pair.pn]),
  ])
  return rows.map(row => ({ instanceId: row.instance_id, messageId: row.message_id }))
}

const unsettled = `
  with learnt as (select * from unnest($1::text[], $2::text[]) as l(instance_id, address))
  select c.instance_id, c.target_message_id as message_id from learnt l join message_edits c on c.instance_id = l.instance_id and c.chat_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join message_edits c on c.instance_id = l.instance_id and c.sender_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join message_revokes c on c.instance_id = l.instance_id and c.chat_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join message_revokes c on c.instance_id = l.instance_id and c.sender_id = l.address
  union select c.instance_id, c.target_message_id from learnt l join message_revokes c on c.instance_id = l.instance_id and c.target_sender_id = l.address
  union select m.instance_id, m.message_id from learnt l join messages m on m.instance_id = l.instance_id
    and m.undecryptable is not null and l.address in (m.chat_id, m.sender_id)`

const touchedRows = 'unnest($1::text[], $2::text[]) as t(instance_id, message_id)'
const sameChat = (one: string, other: string) => `same_address(${one}.instance_id, ${one}.chat_id, ${other}.chat_id)`
const sameSender = (one: string, other: string) =>
  `((${one}.from_me and ${other}.from_me) or same_address(${one}.instance_id, ${one}.sender_id, ${other}.sender_id))`

const replaceUndecryptable = `
  delete from messages u using ${touchedRows}
  where u.instance_id = t.instance_id and u.message_id = t.message_id and u.undecryptable is not null
    and exists (
      select from messages good
      where good.instance_id = u.instance_id and good.message_id = u.message_id and good.undecryptable is null
        and ${sameChat('good', 'u')} and ${sameSender('good', 'u')})`

/** Most messages are never changed: only those that something names are looked at more closely. */
const changedMessages = `
  select m.* from ${touchedRows} join messages m on m.instance_id = t.instance_id and m.message_id = t.message_id
  where exists (select from message_edits c where c.instance_id = m.instance_id and c.target_message_id = m.message_id)
     or exists (select from message_revokes c where c.instance_id = m.instance_id and c.target_message_id = m.message_id)`

/**
 * Of the rows of `table` that name message m in its chat and fit one of `bys`, the first in that order. Asked by whole addresses, so that
 * an index answers with one row each: how many others there are, of whomever, costs nothing.
 */
const firstOf = (table: string, columns: string, order: string, bys: readonly string[]) => `
  select ${columns} from (${bys
    .map(
      by => `
    select found.* from unnest(addresses_of(m.instance_id, m.chat_id)) as chat(address)
    cross join unnest(addresses_of(m.instance_id, m.sender_id)) as sender(address)
    cross join lateral (
      select * from ${table} c
      where c.instance_id = m.instance_id and c.target_message_id = m.message_id and c.chat_id = chat.address and ${by}
      order by ${order} limit 1) found`,
    )
    .join(' union all ')}) c order by ${order} limit 1`

const bySender = 'c.sender_id = sender.address'
const byUs = 'm.from_me and c.from_me'
const byAdmin = 'm.is_group and c.target_sender_id = sender.address'

const lastEdit = firstOf('message_edits', 'event_id, text, occurred_at', 'c.occurred_at desc, c.epoch desc, c.sequence desc', [
  bySender,
  byUs,
])
const firstRevoke = firstOf('message_revokes', 'event_id, occurred_at', 'c.occurred_at, c.epoch, c.sequence', [
  bySender,
  byUs,
  byAdmin,
])

const applyChanges = `
  with changed as materialized (${changedMessages}),
  settled as (
    select m.event_id, e.event_id as edit, e.text, e.occurred_at as edited_at, r.event_id as revoke, r.occurred_at as revoked_at
    from changed m
    left join lateral (${lastEdit}) e on true
    left join lateral (${firstRevoke}) r on true
    where e.event_id is not null or r.event_id is not null)
  update messages m set
    text = case when s.edit is null then m.text else s.text end,
    edited_at = s.edited_at, revoked_at = s.revoked_at, changed_by_event = coalesce(s.revoke, s.edit)
  from settled s
  where m.event_id = s.event_id
    and (m.edited_at, m.revoked_at, m.changed_by_event) is distinct from (s.edited_at, s.revoked_at, coalesce(s.revoke, s.edit))`
