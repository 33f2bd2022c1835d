// A command is accepted as soon as its record is in the log, by whoever appended it: in the statement that appends where the log is in the same
// database, and behind it otherwise. The projection finds it accepted, and accepts what was left to it: what comes behind one whose record may be
// in the log without being accepted, so that each chat keeps the order of the log.
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import { unseen } from '../database/unseen.ts'
import type { AppendedRow, AppendInside, Position } from '../log/log.ts'
import { isPurged } from '../purge/tombstones.ts'
import { acceptedRow, type NewCommand } from './commands.ts'
import { hasBefore } from './commands-begin.ts'
import { isFirstIn } from './first-contacts.ts'

/**
 * `command`: what was asked for; `parts`: commands of their own that it is made of, in its chat, whose records come before its own in the same
 * append. All are accepted, or none. `isRungHere`: whoever holds the account is rung by who asks this, and by nobody else.
 */
type Accepting = { command: NewCommand; parts: readonly NewCommand[]; isRungHere: boolean }
/** `prepared`: their records, as the log has them. */
type Appending = Accepting & { inside: AppendInside; prepared: readonly unknown[] }

/**
 * One statement. Nothing is appended, and nothing answered, where the instance is purged, or where somebody asked for something else with the
 * same key, or for the same and it is accepted: whoever asks at the same moment waits for who came first. The rest is as `AppendInside` has it.
 */
export const appendAccepted = (
  database: Transaction,
  { inside, prepared, ...accepting }: Appending,
): Promise<readonly AppendedRow[]> => {
  const { instanceId, commandId, digest } = accepting.command
  return database.query(appendSqlOf(inside), [
    ...prepared,
    instanceId,
    commandId,
    digest,
    rowsOf(accepting),
    accepting.isRungHere,
  ])
}

/** Their records are in the log by now, the last of them before this position. */
export async function acceptAppended(
  database: Transaction,
  { position: { partition, nextOffset }, ...accepting }: Accepting & { position: Position },
): Promise<void> {
  await database.query(acceptSql, [rowsOf(accepting), accepting.isRungHere, partition, String(nextOffset)])
}

/** `later`: how many of the records come after its own. */
const rowsOf = ({ command, parts }: Accepting): string =>
  asRows([...parts, command].map((one, at) => ({ ...acceptedRow(one), later: parts.length - at })))

const columns = `instance_id text, command_id text, digest text, event_id text, operation text, chat_id text, message_id text, body jsonb,
    is_paced boolean, is_first boolean, asked_at double precision, expires_at double precision, upload_id text,
    traceparent text, later integer`

/**
 * `appended`: a row with its partition and end_offset; `commands`, `isRungHere`: parameters. Of what is left to the projection the key alone has a
 * row. A part counts as behind no other part: one of them may be over already.
 */
const acceptedIn = (appended: string, commands: string, isRungHere: string) => `given as (
  select * from json_to_recordset(${commands}::json) as g(${columns})
), placed as materialized (
  select a.end_offset, command_waits_behind_asked(g.instance_id, g.chat_id, g.command_id, a.end_offset) or ${hasBefore('a.partition')} as is_left,
    command_comes_behind(g.instance_id, g.chat_id, a.end_offset) as is_behind
  from ${appended} a cross join given g where g.later = 0
), accepted as (
  insert into commands as c (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body,
    is_paced, is_first, is_behind, asked_at, expires_at, upload_id, traceparent)
  select n.instance_id, n.command_id, n.digest, case when p.is_left then 'asked' else 'accepted' end, n.event_id,
    case when not p.is_left then p.end_offset - n.later end, n.operation, n.chat_id, n.message_id, n.body,
    n.is_paced or (n.is_first and not ${isFirstIn('n.instance_id', 'n.chat_id')}), n.is_first and ${isFirstIn('n.instance_id', 'n.chat_id')},
    p.is_behind and not p.is_left, to_timestamp(n.asked_at / 1000), to_timestamp(n.expires_at / 1000), n.upload_id, n.traceparent
  from placed p cross join given n where n.later = 0 or not p.is_left
  on conflict (instance_id, command_id) do update set state = excluded.state, event_id = excluded.event_id, place = excluded.place,
    operation = excluded.operation, chat_id = excluded.chat_id, message_id = excluded.message_id, body = excluded.body,
    is_paced = excluded.is_paced, is_first = excluded.is_first, is_behind = excluded.is_behind, expires_at = excluded.expires_at,
    upload_id = excluded.upload_id, traceparent = coalesce(c.traceparent, excluded.traceparent)
  where c.state = 'asked' and c.digest = excluded.digest
  returning c.instance_id, c.chat_id, c.command_id, c.state, c.is_paced
), known as (
  update commands c set is_first = false, is_paced = true from accepted n
  where n.state = 'accepted' and n.is_paced and c.instance_id = n.instance_id and c.chat_id = n.chat_id and c.state = 'accepted' and c.is_first
    and c.command_id <> n.command_id
), told as (
  select pg_notify('commands', instance_id) from accepted where state = 'accepted' and not ${unseen(`${isRungHere}::boolean`)}
)`

const acceptSql = `with ${acceptedIn('(select $3::integer as partition, $4::bigint as end_offset)', '$1', '$2')} select count(*) from told`

const known = new WeakMap<AppendInside, string>()

/** Composed once for each log. Of one record and of many the plan is the same, so that it is made once. */
function appendSqlOf(inside: AppendInside): string {
  const sql = known.get(inside) ?? composed(inside)
  known.set(inside, sql)
  return sql
}

const composed = ({ given, appending }: AppendInside) => `with taken as (
  select r.* from ${given} where not ${isPurged('$8::text')} and (select command_may_be_asked($8::text, $9::text, $10::text))
), appended as (${appending('taken')}),
${acceptedIn('appended', '$11', '$12')}
select a.*, (select count(*) from told) as told from appended a`
