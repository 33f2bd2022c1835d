// How messages are settled, in SQL: the tables and functions of one version of the read model, by its schema.
import { newPairs } from './addresses.ts'
import type { TableName } from './tables.ts'

/** Written once for each version: the server knows a statement by its text. Parameters are rows in JSON. */
export const settleStatements = (schema: string) => ({
  /**
   * Of messages ($1 instance_id, message_id and is_provisional) those that something was said about, or that have another copy:
   * {instance_id, message_id, changed, copied}. Of what is not provisional only a provisional copy counts.
   */
  spokenOf: spokenOfIn(schema),
  /** Messages that wait for an address to be known as another's: {instance_id, message_id}, of pairs ($1 instance_id, lid and pn) that are new. */
  unsettled: unsettledIn(schema),
  /** Of messages ($1 instance_id and message_id), as is the next: the best copy in place of worse ones. */
  replaceWorse: replaceWorseIn(schema),
  /** The last edit, the last one that says more than a text, and the first revoke. */
  applyChanges: applyChangesIn(schema),
  /** Of what was opened ($1 instance_id, message_id, from_me, place, and both addresses of chats and senders): the rows that say it was not. */
  dropOpened: dropOpenedIn(schema),
})

/** Looked up one by one in an index of each table: how much else there is of an instance costs nothing. */
const spokenOfIn = (schema: string) => `
  select t.instance_id, t.message_id, coalesce(e.found, r.found, false) as changed, coalesce(c.found, false) as copied
  from json_to_recordset($1::json) as t(instance_id text, message_id text, is_provisional boolean)
  left join lateral (select true as found from ${schema}.message_edits c
    where c.instance_id = t.instance_id and c.target_message_id = t.message_id limit 1) e on true
  left join lateral (select true as found from ${schema}.message_revokes c
    where c.instance_id = t.instance_id and c.target_message_id = t.message_id limit 1) r on true
  left join lateral (
    select true as found from ${schema}.provisional_messages p
    where p.instance_id || ' ' || p.message_id = t.instance_id || ' ' || t.message_id
    union all
    select true from ${schema}.messages m
    where t.is_provisional and m.instance_id = t.instance_id and m.message_id = t.message_id
    limit 1) c on true
  where coalesce(e.found, r.found, c.found, false)`

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
    union all (select m.message_id from ${provisionalCopies(schema, 'chat_id')} offset 0)
    union all (select m.message_id from ${provisionalCopies(schema, 'sender_id')} offset 0)) found`

/** Provisional messages m of which there is another copy. `limit`: looked up one by one, never all at once. */
const provisionalCopies = (schema: string, column: string) => `${schema}.provisional_messages m
      cross join lateral (select from ${schema}.messages c
        where c.instance_id = m.instance_id and c.message_id = m.message_id and c.event_id <> m.event_id limit 1) c
      where m.instance_id || ' ' || m.${column} = l.instance_id || ' ' || l.address`

const touchedRows = 'json_to_recordset($1::json) as t(instance_id text, message_id text)'
const sameChat = (schema: string, one: string, other: string) =>
  `${schema}.same_address(${one}.instance_id, ${one}.chat_id, ${other}.chat_id)`
/** What we wrote is ours alone, also where it names an address of somebody else: else one could stand for two that are not the same. */
const sameSender = (schema: string, one: string, other: string) =>
  `(${one}.from_me = ${other}.from_me
    and (${one}.from_me or ${schema}.same_address(${one}.instance_id, ${one}.sender_id, ${other}.sender_id)))`

/** The less the better: what this device received before what the phone told of it, and both before what could not be read. */
const rankOf = (m: string) =>
  `(case when ${m}.undecryptable is null then 0 else 2 end + case when ${m}.from_history then 1 else 0 end)`

/** Of two that the phone told of equally well, once by number and once by LID, the one that it told of first. */
const isBetter = (better: string, worse: string) => `(${rankOf(better)} < ${rankOf(worse)}
        or ${better}.from_history and ${worse}.from_history and ${rankOf(better)} = ${rankOf(worse)} and ${placeOf(better)} < ${placeOf(worse)})`
const placeOf = (m: string) => `(${m}.epoch, ${m}.sequence, ${m}.ordinal, ${m}.event_id)`

const replaceWorseIn = (schema: string) => `
  delete from ${schema}.messages where event_id = any(array(
    select w.event_id from ${touchedMessages(schema, 'w')}
    cross join lateral (
      select from ${schema}.messages better
      where better.instance_id = w.instance_id and better.message_id = w.message_id and ${isBetter('better', 'w')}
        and ${sameChat(schema, 'better', 'w')} and ${sameSender(schema, 'better', 'w')} limit 1) better
    where w.undecryptable is not null or w.from_history))`

/** Told of before, by the addresses that both events name: batches and pairs that are learned in between change nothing. */
const dropOpenedIn = (schema: string) => `
  delete from ${schema}.messages where event_id = any(array(
    select m.event_id
    from json_to_recordset($1::json)
      as t(instance_id text, message_id text, chats text[], senders text[], from_me boolean, epoch bigint, sequence bigint)
    cross join lateral (
      select * from ${schema}.messages m where m.instance_id = t.instance_id and m.message_id = t.message_id offset 0) m
    where m.undecryptable = 'no-secret' and (m.epoch, m.sequence) < (t.epoch, t.sequence) and array[m.chat_id, m.chat_pn] && t.chats
      and (m.from_me and t.from_me or array[m.sender_id, m.sender_pn] && t.senders)))`

/** `offset 0`: looked up by themselves, however many others there are. */
const touchedMessages = (schema: string, m: string) => `${touchedRows} cross join lateral (
      select * from ${schema}.messages m where m.instance_id = t.instance_id and m.message_id = t.message_id offset 0) ${m}`

/**
 * Of the rows of `table` that name message m in its chat and fit one of `bys`, the first in that order. Asked by whole addresses, m.chats and
 * m.senders, so that an index answers with one row each: how many others there are, of whomever, costs nothing.
 */
const firstOf = (schema: string, { table, columns, order, bys }: Wanted) => `
  select ${columns} from (${bys
    .map(
      by => `
    select found.* from unnest(m.chats) as chat(address)
    cross join unnest(m.senders) as sender(address)
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
const lastContent: Wanted = { ...lastEdit, table: 'message_edited_contents', columns: 'event_id, interactive, location' }
const firstRevoke: Wanted = {
  table: 'message_revokes',
  columns: 'event_id, occurred_at',
  order: 'c.occurred_at, c.epoch, c.sequence',
  bys: [bySender, byUs, byAdmin],
}

/** Of message m, looked up once: each look costs as much as all that is asked by it. */
export const addressesOf = (schema: string): string =>
  `${schema}.addresses_of(m.instance_id, m.chat_id) as chats, ${schema}.addresses_of(m.instance_id, m.sender_id) as senders`

const applyChangesIn = (schema: string) => `
  with changed as materialized (select m.*, ${addressesOf(schema)} from ${touchedMessages(schema, 'm')}),
  settled as materialized (
    select m.event_id, e.event_id as edit, e.occurred_at as edited_at, r.event_id as revoke, r.occurred_at as revoked_at,
      case when e.event_id is null then m.text else e.text end as text,
      case when c.event_id is null then m.interactive else c.interactive end as interactive,
      case when c.event_id is null then m.location else c.location end as location
    from changed m
    left join lateral (${firstOf(schema, lastEdit)}) e on true
    left join lateral (${firstOf(schema, firstRevoke)}) r on true
    left join lateral (${firstOf(schema, lastContent)}) c on true
    where e.event_id is not null or r.event_id is not null)
  update ${schema}.messages m set
    text = s.text, interactive = s.interactive, location = s.location,
    edited_at = s.edited_at, revoked_at = s.revoked_at, changed_by_event = coalesce(s.revoke, s.edit)
  from settled s
  where m.event_id = any(array(select event_id from settled)) and m.event_id = s.event_id
    and (m.edited_at, m.revoked_at, m.changed_by_event, m.text, m.interactive, m.location)
      is distinct from (s.edited_at, s.revoked_at, coalesce(s.revoke, s.edit), s.text, s.interactive, s.location)`
