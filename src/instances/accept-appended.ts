// A command is accepted as soon as its record is in the log, by whoever appended it: in the statement that appends where the log is in the same
// database, and behind it otherwise. The projection finds it accepted, and accepts what was left to it: what comes behind one whose record may be
// in the log without being accepted, so that each chat keeps the order of the log.
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import { unseen } from '../database/unseen.ts'
import type { AppendedRow, AppendInside, Position } from '../log/log.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { Place } from './accounts-here.ts'
import { acceptedRow, type NewCommand } from './commands.ts'
import { hasBefore, isLearning } from './commands-begin.ts'
import type { ChatTimer, ClaimedCommand } from './commands-claimed.ts'
import { isFirstIn } from './first-contacts.ts'
import { freeOwner } from './instance-owners.ts'
import { restsUntil } from './outgoing-turns.ts'

/**
 * `command`: what was asked for; `parts`: commands of their own that it is made of, in its chat, whose records come before its own in the same
 * append. All are accepted, or none. `isRungHere`: whoever holds the account is rung by who asks this, and by nobody else. `place`: that of one without
 * parts: it is claimed for its epoch as well, where it may go at once, which is no first message and behind nobody.
 */
type Accepting = { command: NewCommand; parts: readonly NewCommand[]; isRungHere: boolean; place?: Kept }
type Kept = Pick<Place, 'epoch' | 'chatTimer'> | null
/** `prepared`: their records, as the log has them. */
type Appending = Accepting & { inside: AppendInside; prepared: readonly unknown[] }

/**
 * One statement. Nothing is appended, and nothing answered, where the instance is purged, or where somebody asked for something else with the
 * same key, or for the same and it is accepted: whoever asks at the same moment waits for who came first. The rest is as `AppendInside` has it.
 * `claimed`: it is in the hands of whoever keeps `place`; null: it is not.
 */
export async function appendAccepted(
  database: Transaction,
  { inside, prepared, ...accepting }: Appending,
): Promise<{ rows: readonly AppendedRow[]; claimed: ClaimedCommand | null }> {
  const { command, isRungHere, place = null } = accepting
  const { instanceId, commandId, digest } = command
  const values = [...prepared, instanceId, commandId, digest, rowsOf(accepting), isRungHere, ...epochOf(place)]
  const rows = await database.query<AppendedRow & Claimed>(appendSqlOf(inside, place), values)
  return { rows, claimed: claimedIn(rows) }
}

/** Their records are in the log by now, the last of them before this position. Answers `claimed` as `appendAccepted` does. */
export async function acceptAppended(
  database: Transaction,
  { position: { partition, nextOffset }, ...accepting }: Accepting & { position: Position },
): Promise<ClaimedCommand | null> {
  const { command, isRungHere, place = null } = accepting
  const values = [rowsOf(accepting), isRungHere, partition, String(nextOffset)]
  const inHand = place === null ? [] : [...epochOf(place), command.instanceId]
  return claimedIn(await database.query<Claimed>(acceptSqlOf(place), [...values, ...inHand]))
}

/** Nulls: it is in nobody's hands. Nothing of it where nobody keeps a place. */
type Claimed = ClaimedCommand | { command_id?: null }

const claimedIn = ([row]: readonly Claimed[]): ClaimedCommand | null => (row?.command_id == null ? null : row)
const epochOf = (place: Kept): readonly number[] => (place === null ? [] : [place.epoch])

/** `later`: how many of the records come after its own. */
const rowsOf = ({ command, parts }: Accepting): string =>
  asRows([...parts, command].map((one, at) => ({ ...acceptedRow(one), later: parts.length - at })))

const columns = `instance_id text, command_id text, digest text, event_id text, operation text, chat_id text, message_id text, body jsonb,
    is_paced boolean, is_first boolean, asked_at double precision, expires_at double precision, upload_id text,
    traceparent text, later integer`

type Sql = { appended: string; commands: string; isRungHere: string; inHand: { instanceId: string; epoch: string } | null }

/**
 * `appended`: a row with its partition and end_offset; all others: parameters. `inHand`: whose place is kept for it. Of what is left to the projection the
 * key alone has a row. A part counts as behind no other part: one of them may be over already.
 */
const acceptedIn = ({ appended, commands, isRungHere, inHand }: Sql) => `given as (
  select * from json_to_recordset(${commands}::json) as g(${columns})
), ordered as materialized (
  select a.end_offset, command_waits_behind_asked(g.instance_id, g.chat_id, g.command_id, a.end_offset) or ${hasBefore('a.partition')} as is_left,
    command_comes_behind(g.instance_id, g.chat_id, a.end_offset) as is_behind
  from ${appended} a cross join given g where g.later = 0
), ${inHand === null ? inNoHand : placedIn(inHand)}, accepted as (
  insert into commands as c (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body,
    is_paced, is_first, is_behind, asked_at, expires_at, upload_id, traceparent, epoch)
  select n.instance_id, n.command_id, n.digest, case when p.is_left then 'asked' when p.is_in_hand then 'sending' else 'accepted' end, n.event_id,
    case when not p.is_left then p.end_offset - n.later end, n.operation, n.chat_id, n.message_id, n.body,
    not p.is_in_hand and (n.is_paced or (n.is_first and not ${isFirstIn('n.instance_id', 'n.chat_id')})),
    n.is_first and ${isFirstIn('n.instance_id', 'n.chat_id')},
    p.is_behind and not p.is_left, to_timestamp(n.asked_at / 1000), to_timestamp(n.expires_at / 1000), n.upload_id, n.traceparent,
    case when p.is_in_hand then p.epoch end
  from placed p cross join given n where n.later = 0 or not p.is_left
  on conflict (instance_id, command_id) do update set state = excluded.state, event_id = excluded.event_id, place = excluded.place,
    operation = excluded.operation, chat_id = excluded.chat_id, message_id = excluded.message_id, body = excluded.body,
    is_paced = excluded.is_paced, is_first = excluded.is_first, is_behind = excluded.is_behind, expires_at = excluded.expires_at,
    upload_id = excluded.upload_id, traceparent = coalesce(c.traceparent, excluded.traceparent), epoch = excluded.epoch
  where c.state = 'asked' and c.digest = excluded.digest
  returning c.*
), known as (
  update commands c set is_first = false, is_paced = true from accepted n join given on given.command_id = n.command_id
  where n.state <> 'asked' and (n.is_paced or given.is_paced) and c.instance_id = n.instance_id and c.chat_id = n.chat_id and c.state = 'accepted' and c.is_first
    and c.command_id <> n.command_id
), told as (
  select pg_notify('commands', instance_id) from accepted where state = 'accepted' and not ${unseen(`${isRungHere}::boolean`)}
)`

const inNoHand = 'placed as (select o.*, false as is_in_hand, null::bigint as epoch from ordered o)'

/** While it is not committed nobody takes the account over. */
const placedIn = ({
  instanceId,
  epoch,
}: NonNullable<Sql['inHand']>) => `held as (${freeOwner(`${instanceId}::text`, `${epoch}::bigint`)}
), placed as materialized (
  select o.*, ${epoch}::bigint as epoch, case when o.is_left or g.is_first or g.expires_at <= extract(epoch from now()) * 1000 then false
    else not ${isLearning} and ${restsUntil('g.instance_id')} is null and exists (select from held)
      and command_goes_first(g.instance_id, g.chat_id, o.end_offset) end as is_in_hand
  from ordered o cross join given g where g.later = 0
)`

/** As ClaimedCommand has it; none where it is in nobody's hands. */
const claimedAs = (
  chatTimer: ChatTimer,
) => `(select c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.built, c.tries, c.traceparent,
    false as is_left, c.outcome, c.refusal, false as is_unanswered, false as is_expired, (extract(epoch from c.asked_at) * 1000)::float8 as asked_at_ms,
    0 as rests_ms, case when given.is_paced then 'paced' else 'none' end as turn, ${chatTimer('c.instance_id', "(c.body ->> 'chatId')")} as timer_seconds
  from accepted c join given on given.command_id = c.command_id where c.state = 'sending') claimed`

type Texts = { append: WeakMap<AppendInside, string>; accept: string }
const known = new WeakMap<ChatTimer, Texts>()

/** Composed once for each timer, and each log. Of one record and of many the plan is the same, so that it is made once. */
function textsOf(chatTimer: ChatTimer): Texts {
  const texts = known.get(chatTimer) ?? { append: new WeakMap(), accept: acceptSql(chatTimer) }
  known.set(chatTimer, texts)
  return texts
}

const nobodys: ChatTimer = () => 'null::integer'
const timerOf = (place: Kept) => place?.chatTimer ?? nobodys

function appendSqlOf(inside: AppendInside, place: Kept): string {
  const { append } = textsOf(timerOf(place))
  const sql = append.get(inside) ?? appendSql(inside, timerOf(place))
  append.set(inside, sql)
  return sql
}

const acceptSqlOf = (place: Kept): string => textsOf(timerOf(place)).accept

const appendSql = ({ given, appending }: AppendInside, chatTimer: ChatTimer) => `with taken as (
  select r.* from ${given} where not ${isPurged('$8::text')} and (select command_may_be_asked($8::text, $9::text, $10::text))
), appended as (${appending('taken')}),
${acceptedIn({ appended: 'appended', commands: '$11', isRungHere: '$12', inHand: chatTimer === nobodys ? null : { instanceId: '$8', epoch: '$13' } })}
select a.*, (select count(*) from told) as told${andClaimed('appended a', chatTimer)}`

const acceptSql = (chatTimer: ChatTimer) =>
  `with ${acceptedIn({
    appended: '(select $3::integer as partition, $4::bigint as end_offset)',
    ...{ commands: '$1', isRungHere: '$2', inHand: chatTimer === nobodys ? null : { instanceId: '$6', epoch: '$5' } },
  })} select count.told${andClaimed('(select count(*) as told from told) count', chatTimer)}`

const andClaimed = (from: string, chatTimer: ChatTimer) =>
  chatTimer === nobodys ? ` from ${from}` : `, claimed.* from ${from} left join ${claimedAs(chatTimer)} on true`
