// A read model and deliveries as years leave them, made in SQL: one account has most of it, many others the rest. Chats are known by a LID and
// by a number, a tenth are groups, a seventh of the messages has a file, and words are as frequent as in a language: the nth has a share of 1/n.
// Of a hundred messages one is starred, one is pinned and five were, and one belongs to the same other one; a fortieth of the chats is archived.
import type { Transaction } from '../../../src/database/database.ts'

export type Size = { messages: number; chats: number; instances: number }
/** The account that has four fifths of everything, and one of the others. */
export const busiest = 'bench-0'
export const quiet = 'bench-1'
/** Of the busiest one: with an eighth of its messages. */
export const busiestChat = { lid: '100000000000000@lid', pn: '551190000000@s.whatsapp.net' }
/** That of a hundredth of the messages, all of the busiest chat. */
export const aParent = 'P0'
export const endpoints = 20
export const anEndpoint = `ep_${'0'.repeat(24)}`

export async function makeManyMessages(database: Transaction, size: Size): Promise<void> {
  for (const [statement, values] of statementsOf(size)) await database.query(statement, values)
  for (const table of analysed) await database.query(`analyze ${table}`)
}

const analysed = [
  'instance_ids',
  'webhook_deliveries',
  'commands',
  'processing_sessions',
  ...['address_pairs', 'contacts', 'groups', 'chats', 'chat_states', 'messages', 'media'].map(table => `read_model_1.${table}`),
  ...['group_participants', 'calls', 'labels', 'label_links', 'blocks'].map(table => `read_model_1.${table}`),
  ...['chats', 'contacts', 'media'].map(table => `read_model_1.listed_${table}`),
]

const statementsOf = ({ messages, chats, instances }: Size): readonly (readonly [string, readonly unknown[]])[] => [
  [makeInstances, [instances]],
  [makeChats, [chats, instances]],
  ['insert into read_model_1.address_pairs select i, lid, pn, now(), e from made_chats where not is_group', []],
  [makeContacts, []],
  [makeGroups, []],
  [makeParticipants, []],
  [makeCalls, []],
  [makeCommands, []],
  [makeProcessing, []],
  [makeLabels, []],
  [makeLinks, []],
  [makeBlocks, []],
  ...parts(messages).map(([from, to]) => [makeMessages, [from, to, messages, chats, instances]] as const),
  [makeChatRows, []],
  [makeChatStates, []],
  [makeMedia, []],
  ...parts(messages).map(([from, to]) => [makeDeliveries, [from, to, endpoints, messages]] as const),
  ['drop table made_chats', []],
]

const makeGroups = `insert into read_model_1.groups (instance_id, group_id, subject, updated_at, epoch, sequence, changed_by_event, participant_count)
  select i, lid, 'group ' || n, now() - n * interval '1 minute', 1, n, e, 100 from made_chats where is_group`

/** A hundred in each, of whom the account knows some. */
const makeParticipants = `insert into read_model_1.group_participants
  select i, lid, 100000000000000 + (n + m) % 1000 || '@lid', 'member', 1, n, m % 20 <> 0, 1, n, e
  from made_chats cross join generate_series(1, 100) m where is_group`

/** Ten with each chat, of whom a hundred of the busiest account's were missed. */
const makeCalls = `insert into read_model_1.calls (instance_id, call_id, chat_id, sender_id, from_me, is_group, status, rank, started_at, updated_at, epoch,
    sequence, status_at, status_epoch, status_sequence, changed_by_event)
  select i, 'CALL' || n || '/' || m, lid, lid, false, false, case when n % 10 = 0 and m = 1 then 'missed' else 'ended' end, 5,
    now() - (n * 10 + m) * interval '1 minute', now(), 1, n * 10 + m, now(), 1, n * 10 + m, e
  from made_chats cross join generate_series(1, 10) m where not is_group`

/** Ten for each chat over half a year, of which the newest few wait and one in fifty failed. */
const makeCommands = `insert into commands (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, asked_at,
    expires_at, ended_at)
  select i, md5('c' || n || '/' || m), 'd', case when n < 200 and m = 1 then 'accepted' when (n + m) % 50 = 0 then 'failed' else 'completed' end,
    md5('ce' || n || '/' || m), n * 10 + m, 'message.send', lid, '3EB0' || n || '/' || m, now() - n * 10 * interval '1 minute' - m * interval '20 days',
    now() - n * 10 * interval '1 minute' - m * interval '20 days', now() from made_chats cross join generate_series(0, 9) m`

/** Ten in each chat over half a year, of which the newest few run. */
const makeProcessing = `insert into processing_sessions (session_id, instance_id, chat_id, message_id, target, started_at, timeout_at, ended_at, told_at, status)
  select md5('p' || n || '/' || m), i, lid, 'M' || m, '{}', started_at, started_at + interval '10 minutes', ended_at, ended_at,
    case when ended_at is not null then 'success' end
  from made_chats cross join generate_series(0, 9) m
    cross join lateral (select now() - n * 10 * interval '1 minute' - m * interval '20 days' as started_at) s
    cross join lateral (select case when n >= 20 or m > 0 then started_at + interval '1 minute' end as ended_at) e`

const makeLabels = `insert into read_model_1.labels
  select i, m::text, '{"name": {"v": "label", "e": 1, "s": 1}}', now() - m * interval '1 minute', 1, m, 'e'
  from (select distinct i from made_chats) c cross join generate_series(1, 5) m`

/** The newest hundred chats of each account have one, and so has a message of each. */
const makeLinks = `insert into read_model_1.label_links
  select i, (n % 5 + 1)::text, lid, target, true, 1, n, e
  from (select *, row_number() over (partition by i order by n) as nth from made_chats) c cross join unnest(array['', 'M1']) target where nth <= 100`

const makeBlocks = `insert into read_model_1.blocks select i, lid, true, 1, n, e from made_chats where n % 10 = 1`

/** No statement takes longer than it may. */
const PART = 50_000
const parts = (of: number): readonly (readonly [number, number])[] =>
  Array.from({ length: Math.ceil(of / PART) }, (_, at) => [at * PART, Math.min(of, (at + 1) * PART) - 1])

const makeInstances = `insert into instance_ids (instance_id, request_id, reserved_at, name)
  select 'bench-' || n, n, now() - n * interval '1 hour', 'Bench ' || n from generate_series(0, $1::integer - 1) n`

/** The first four fifths are the busiest one's. */
const makeChats = `create table made_chats as
  select n, case when n < $1::integer * 0.8 then '${busiest}' else 'bench-' || 1 + n % ($2::integer - 1) end as i, n % 10 = 9 as is_group,
    case when n % 10 = 9 then n || '@g.us' else 100000000000000 + n || '@lid' end as lid, 551190000000 + n || '@s.whatsapp.net' as pn,
    md5('chat' || n) as e
  from generate_series(0, $1::integer - 1) n`

const makeContacts = `insert into read_model_1.contacts
  select i, address, 'Name ' || n, 1, n, 'push ' || n, 1, n, now() - n * interval '1 minute', 1, n, e
  from made_chats cross join unnest(array[lid, pn]) address where not is_group`

const makeMessages = `insert into read_model_1.messages (event_id, instance_id, chat_id, sender_id, message_id, from_me, epoch, sequence, kind, is_group,
    text, media, occurred_at, changed_by_event, parent_message_id, starred, pinned_until)
  select md5('m' || m.n), c.i, case when m.n % 3 = 0 and not c.is_group then c.pn else c.lid end, c.lid, 'M' || m.n, m.n % 4 = 0, 1, m.n,
    case when m.n % 7 <> 0 then 'text' when m.n % 5 = 0 then 'document' when m.n % 11 = 0 then 'video' else 'image' end, c.is_group,
    (select string_agg('word' || floor(exp(random() * ln(20000)))::integer, ' ') from generate_series(1, 10 + 0 * m.n)),
    case when m.n % 7 = 0 then '{"mimetype": "image/jpeg"}'::jsonb end, now() - ($3::integer - m.n) * interval '30 seconds', md5('m' || m.n),
    case when m.n % 5 = 0 then 'P' || (m.n / 5) % 20 end, case when m.n % 200 in (0, 7) then true end,
    case when m.n % 200 in (20, 27) then timestamptz 'infinity' when m.n % 20 in (0, 7) then now() - interval '1 day' end
  from (select n, (n * 7919::bigint) % 10 as r from generate_series($1::integer, $2::integer) n) m
  join made_chats c on c.n = case
    when m.r = 0 then 0
    when m.r < 8 then (m.n * 104729::bigint) % ($4::integer * 4 / 5)
    else $4::integer * 4 / 5 + (m.n * 104729::bigint) % ($4::integer / 5) end
  where $5::integer > 0`

const makeChatRows = `insert into read_model_1.chats
  select distinct on (instance_id, chat_id) instance_id, chat_id, is_group, occurred_at, epoch, sequence, event_id
  from read_model_1.messages order by instance_id, chat_id, occurred_at desc`

const makeChatStates = `insert into read_model_1.chat_states
  select i, lid, jsonb_build_object('archived', jsonb_build_object('v', n % 40 = 1, 'e', 1, 's', n)), now(), 1, n, e from made_chats`

/** Of a hundred files three failed, and of two nothing has been heard. */
const makeMedia = `insert into read_model_1.media (source_event_id, instance_id, round, rank, status, kind, reason, occurred_at, changed_by_event)
  select event_id, instance_id, 1, 3, case when sequence % 100 < 3 then 'failed' else 'stored' end, kind,
    case when sequence % 100 < 3 then 'gone' end, occurred_at, md5('f' || sequence)
  from read_model_1.messages where media is not null and sequence % 100 < 98`

/** One endpoint gets half of them. Of a thousand one is dead, and five wait. */
const makeDeliveries = `insert into webhook_deliveries (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id,
    state, created_at, attempts)
  select md5('m' || n) || '_' || ep, ep, 1, md5('m' || n), '${busiest}', ep || '/${busiest}/c', 'message.received', 'M' || n,
    case when n % 1000 = 0 then 'dead' when n % 1000 < 6 then 'waiting' else 'delivered' end, now() - ($4::integer - n) * interval '30 seconds', 1
  from (select n, 'ep_' || lpad((case when n % 2 = 0 then 0 else n % $3::integer end)::text, 24, '0') as ep
        from generate_series($1::integer, $2::integer) n) d`
