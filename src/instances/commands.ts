// The table commands: what clients asked accounts to do, and how far it is. The API asks and the projection accepts what the log has (here), who
// holds the account works them off (commands-at-work.ts), and clients see how far they are (commands-shown.ts): nobody else names it.
import { boundedCount } from '../database/bounded-count.ts'
import type { Transaction } from '../database/database.ts'
import { asRows, type Read, type Write } from '../database/statement-parts.ts'
import { isAboutMessage } from '../events/command-bodies/about-messages.ts'
import { isFirstContact, isInAlbum } from '../events/command-bodies/known.ts'
import { timerSeconds } from '../events/command-bodies/timer.ts'
import { uploadIdIn } from '../events/command-bodies.ts'
import { isSent, messageOperation } from '../events/operations.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { CommandIds } from './command-ids.ts'
import { chatOf, laneOf } from './command-lanes.ts'
import { isWaiting, settleChats } from './command-turns.ts'
import { isBeforeBeginning } from './commands-begin.ts'
import { isFirstIn } from './first-contacts.ts'
import { forgetTakers } from './label-numbers.ts'

/**
 * asked: its record is not in the log yet, or not projected; accepted: it waits for its turn, or its next try; sending: whoever holds `epoch`
 * has it, or had; ending: what came of it is decided, and not told yet; untold: a database that is lost had accepted it, and what came of it is still to be
 * read from the log (lost-commands.ts); completed, failed: told.
 */
export type CommandState = 'asked' | 'accepted' | 'sending' | 'ending' | 'untold' | 'completed' | 'failed'

/** What a client asks for. `body`: as it is carried out; `digest`: of what the client wrote. Instants in epoch ms. */
export type NewCommand = CommandIds & {
  instanceId: string
  digest: string
  operation: string
  /** What orders it, one after another (command-lanes.ts); '': what is about no chat. */
  chatId: string
  body: unknown
  askedAt: number
  expiresAt: number
  /** What its record goes on with; null or left out: nobody traces it. */
  traceparent?: string | null
}
/** What the first who asked with this key asked for. `isAccepted`: the projection has its record. */
export type AskedCommand = Pick<NewCommand, 'digest' | 'chatId' | 'body' | 'askedAt' | 'expiresAt'> & { isAccepted: boolean }

/**
 * `result`: JSON text; `at`: when it was decided, epoch ms; `saidAt`: when WhatsApp's server took it, epoch seconds in digits; null: it did not say.
 * `isPartly`: something of it was done before the rest was refused.
 */
export type Outcome =
  | { type: 'command.completed'; at: number; saidAt: string | null; result?: string }
  | { type: 'command.failed'; at: number; reason: string; reasonText: string; code: string | null; isPartly?: true }

/** As its record says it; `place`: the offset after it in `partition`, which orders the commands of an instance. */
export type AcceptedCommand = NewCommand & { partition: number; place: bigint }

/** The row of a command that is new; of one that was asked for before, with whatever body, that one. null: the instance is purged. */
export async function askCommand(database: Transaction, command: NewCommand): Promise<AskedCommand | null> {
  const [row] = await database.query<AskedRow>(askSql, [
    ...[command.instanceId, command.commandId, command.digest, command.eventId, command.operation, laneOf(command)],
    ...[command.messageId, JSON.stringify(command.body), command.askedAt, command.expiresAt, uploadOf(command)],
    command.traceparent ?? null,
  ])
  return row === undefined ? null : askedOf(row)
}

/**
 * How many of an instance wait, `most` at most. What it costs grows with those that wait, up to `most`; those whose record never came are looked at
 * for an hour.
 */
export function waitingRead(instanceId: string, most: number): Read<{ count: number }> {
  const waiting = `1 from commands where instance_id = $1 and state in ('accepted', 'sending', 'ending')`
  const asked = `1 from commands where instance_id = $1 and state = 'asked' and asked_at > now() - interval '1 hour'`
  return { sql: `select ${boundedCount(waiting, most)} + ${boundedCount(asked, most)} as count`, values: [instanceId] }
}

/** None: nobody asked for it, or it is forgotten. */
export const askedRead = ({ instanceId, commandId }: { instanceId: string; commandId: string }): Read<AskedRow> => ({
  sql: `select ${askedColumns} from commands where instance_id = $1 and command_id = $2`,
  values: [instanceId, commandId],
})

type AskedRow = { digest: string; state: CommandState; chat_id: string; body: unknown; asked_at: number; expires_at: number }

const askedColumns = `digest, state, chat_id, body, (extract(epoch from asked_at) * 1000)::float8 as asked_at,
  (extract(epoch from expires_at) * 1000)::float8 as expires_at`
const askSql = `insert into commands
    (instance_id, command_id, digest, event_id, operation, chat_id, message_id, body, asked_at, expires_at, upload_id, traceparent)
  select $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::jsonb, to_timestamp($9::float8 / 1000),
    to_timestamp($10::float8 / 1000), $11::text, $12::text
  where not ${isPurged('$1::text')}
  on conflict (instance_id, command_id) do update set digest = commands.digest returning ${askedColumns}`

export const askedOf = (row: AskedRow): AskedCommand => ({
  digest: row.digest,
  chatId: chatOf(row.chat_id),
  body: row.body,
  askedAt: Math.floor(row.asked_at),
  expiresAt: Math.floor(row.expires_at),
  isAccepted: row.state !== 'asked',
})

/**
 * The first record of a command counts; one with another digest than was asked for with its key is nobody's. No two of one command. One that a
 * database had accepted which is lost (commands-begin.ts) is not sent: whether it was is not known here. Whoever holds an account of which one is
 * accepted is woken by the commit, in whichever process.
 */
export const acceptCommands = (commands: readonly AcceptedCommand[]): readonly Write[] => [
  {
    sql: acceptSql,
    values: [asRows(commands.map(placedRow)), JSON.stringify(lost)],
    isEmpty: commands.length === 0,
  },
  firstNoMore(commands.filter(one => isForPeople(one) && !isFirstContact(one.body))),
]

/** Somebody has written in these chats by now: what waits there to be the first message waits for a turn like any other. */
const firstNoMore = (commands: readonly AcceptedCommand[]): Write => ({
  sql: firstNoMoreSql,
  values: [asRows(commands.map(one => ({ instance_id: one.instanceId, chat_id: one.chatId, command_id: one.commandId })))],
  isEmpty: commands.length === 0,
})

const firstNoMoreSql = `update commands c set is_first = false, is_paced = true
  from json_to_recordset($1::json) as n(instance_id text, chat_id text, command_id text)
  where c.instance_id = n.instance_id and c.chat_id = n.chat_id and c.state = 'accepted' and c.is_first and c.command_id <> n.command_id
    and not exists (select from commands known where known.instance_id = n.instance_id and known.command_id = n.command_id and known.state <> 'asked')`

/** What comes of it where the log does not say what did. */
const lost = {
  type: 'command.failed',
  reason: 'outcome-unknown',
  reasonText: 'It was accepted under a database that is lost, and nothing in the log says what came of it.',
  code: null,
} as const

/**
 * Those that are accepted already (accept-appended.ts) are left alone. Behind those that wait before it in its chat: the last of them is held until the
 * transaction ends, so that whoever ends it meanwhile sees this one afterwards (command-turns.ts), or is waited for, and this one is the first.
 */
const acceptSql = `insert into commands as c (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body,
    is_paced, is_first, is_behind, asked_at, expires_at, upload_id, traceparent, outcome)
  with given as (
    select g.*, ${isBeforeBeginning('g.partition', 'g.place')} as is_lost,
      row_number() over (partition by g.instance_id, g.chat_id order by g.place) > 1 as is_later
    from json_to_recordset($1::json) as g(instance_id text, command_id text, digest text, event_id text, partition integer, place bigint,
      operation text, chat_id text, message_id text, body jsonb, is_paced boolean, is_first boolean, asked_at double precision,
      expires_at double precision, upload_id text, traceparent text)
    where not exists (select from commands k where k.instance_id = g.instance_id and k.command_id = g.command_id and k.state <> 'asked')
  ), ahead as materialized (
    select chats.instance_id, chats.chat_id
    from (select given.instance_id, given.chat_id, min(given.place) as place from given group by 1, 2 order by 1, 2) chats cross join lateral (
      select 1 from commands w where w.instance_id = chats.instance_id and w.chat_id = chats.chat_id and w.place < chats.place and ${isWaiting('w')}
      order by w.place desc limit 1 for share) last
  )
  select n.instance_id, n.command_id, n.digest, case when n.is_lost then 'untold' else 'accepted' end, n.event_id, n.place, n.operation,
    n.chat_id, n.message_id, n.body,
    n.is_paced or (n.is_first and not ${isFirstIn('n.instance_id', 'n.chat_id')}), n.is_first and ${isFirstIn('n.instance_id', 'n.chat_id')},
    n.is_later or ahead.chat_id is not null, to_timestamp(n.asked_at / 1000), to_timestamp(n.expires_at / 1000), n.upload_id, n.traceparent,
    case when n.is_lost then $2::jsonb || jsonb_build_object('at', n.asked_at) end
  from given n left join ahead on ahead.instance_id = n.instance_id and ahead.chat_id = n.chat_id
  on conflict (instance_id, command_id) do update set state = excluded.state, event_id = excluded.event_id, place = excluded.place,
    operation = excluded.operation, chat_id = excluded.chat_id, message_id = excluded.message_id, body = excluded.body,
    is_paced = excluded.is_paced, is_first = excluded.is_first, is_behind = excluded.is_behind, expires_at = excluded.expires_at,
    upload_id = excluded.upload_id, traceparent = coalesce(c.traceparent, excluded.traceparent), outcome = excluded.outcome
  where c.state = 'asked' and c.digest = excluded.digest
  returning pg_notify('commands', c.instance_id)`

const placedRow = (one: AcceptedCommand) => ({ ...acceptedRow(one), partition: one.partition, place: String(one.place) })

/** What its row has from its acceptance on. */
export const acceptedRow = (one: NewCommand) => ({
  instance_id: one.instanceId,
  command_id: one.commandId,
  digest: one.digest,
  event_id: one.eventId,
  operation: one.operation,
  chat_id: laneOf(one),
  message_id: one.messageId,
  body: one.body,
  is_paced: isForPeople(one) && !isFirstContact(one.body),
  is_first: isForPeople(one) && isFirstContact(one.body),
  asked_at: one.askedAt,
  expires_at: one.expiresAt,
  upload_id: uploadOf(one),
  traceparent: one.traceparent ?? null,
})

/** Whose file it sends. */
const uploadOf = ({ operation, body }: Pick<NewCommand, 'operation' | 'body'>): string | null =>
  operation === messageOperation ? uploadIdIn(body) : null

/** An album is one for people, by its marker; a timer is shown in its chat. */
export const isForPeople = ({ operation, body }: Pick<NewCommand, 'operation' | 'body'>): boolean =>
  isSent(operation) && !isAboutMessage(body) && !isInAlbum(body)

/** What the timer of a chat has just become by a command: what the read model has of it is still on its way; null: none. All are SQL. */
export const timerJustSet = (instance: string, chat: string): string => `(
  select (t.body ->> 'expiresInSeconds')::integer from commands t
  where t.instance_id = ${instance} and t.chat_id = ${chat} and t.operation = 'chat.timer'
    and t.body ->> 'expiresInSeconds' in (${timerSeconds.map(seconds => `'${seconds}'`).join(', ')})
    and t.state = 'completed' and t.ended_at > now() - interval '10 seconds'
  order by t.ended_at desc limit 1)`

/** What was asked for with a message that was sent, of the last 14 days; null: it was not sent by a command. */
export async function bodyOfSent(
  database: Transaction,
  { instanceId, messageId }: { instanceId: string; messageId: string },
): Promise<unknown> {
  const [row] = await database.query<{ body: unknown }>(
    'select body from commands where instance_id = $1 and message_id = $2 and built is not null',
    [instanceId, messageId],
  )
  return row?.body ?? null
}

/** After them, where the first of several of one chat was accepted before, and is over. */
export function goOnBehind(commands: readonly AcceptedCommand[]): Write {
  const chats = Map.groupBy(commands, one => JSON.stringify([one.instanceId, laneOf(one)])).values()
  return settleChats([...chats].flatMap(([first, second]) => (first && second ? [{ ...first, chatId: laneOf(first) }] : [])))
}

/** Those that ended, or whose record never came, [14 d] ago: a key is new again then. Answers how many. */
export async function forgetCommands(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql, [maxRows])
  return row?.gone ?? 0
}

const forgetSql = `with gone as (
  delete from commands where ctid = any(array(
    select c.ctid from commands c where c.asked_at < now() - interval '14 days' and c.state in ('asked', 'completed', 'failed')
      and coalesce(c.ended_at, c.asked_at) < now() - interval '14 days' order by c.asked_at limit $1))
  returning instance_id, command_id
), not_theirs as (
  ${forgetTakers('gone')}
)
select count(*)::int as gone from gone`

export const commandsErasure = rowsOf('commands')
