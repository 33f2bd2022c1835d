// The table commands: what clients asked accounts to do, and how far it is. This file alone reads and writes it. The API asks, the projection
// accepts what the log has, who holds the account claims, and the one who decides an outcome tells it.
import type { Transaction } from '../database/database.ts'
import { asRows, type Write } from '../database/statement-parts.ts'
import { isAboutMessage } from '../events/command-bodies/about-messages.ts'
import type { commandStates } from '../events/vocabulary.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { CommandIds } from './command-ids.ts'
import { heldOwner, isOwner, type Owned } from './instance-owners.ts'

/**
 * asked: its record is not in the log yet, or not projected; accepted: it waits for its turn, or its next try; sending: whoever holds `epoch`
 * has it, or had; ending: what came of it is decided, and not told yet; completed, failed: told.
 */
type CommandState = 'asked' | 'accepted' | 'sending' | 'ending' | 'completed' | 'failed'

/** What a client asks for. `body`: as it is carried out; `digest`: of what the client wrote. Instants in epoch ms. */
export type NewCommand = CommandIds & {
  instanceId: string
  digest: string
  operation: string
  chatId: string
  body: unknown
  askedAt: number
  expiresAt: number
}
/** What the first who asked with this key asked for. `isAccepted`: the projection has its record. */
export type AskedCommand = Pick<NewCommand, 'digest' | 'chatId' | 'body' | 'askedAt' | 'expiresAt'> & { isAccepted: boolean }

/** `at`: when it was decided, epoch ms; `saidAt`: when WhatsApp's server took it, epoch seconds in digits; null: it did not say. */
export type Outcome =
  | { type: 'command.completed'; at: number; saidAt: string | null }
  | { type: 'command.failed'; at: number; reason: string; reasonText: string; code: string | null }

/** As its record says it; `place`: its offset, which orders the commands of an instance. */
export type AcceptedCommand = NewCommand & { place: bigint }

/** What its owner needs. `built`: sealed; null: nothing was sent yet. `outcome`: decided by an owner before, who did not tell it. */
export type ClaimedCommand = {
  command_id: string
  event_id: string
  operation: string
  chat_id: string
  message_id: string
  body: unknown
  built: Buffer | null
  tries: number
  outcome: Outcome | null
  is_expired: boolean
  /** It was claimed for one of the `turns`: its message is one for people to read. */
  takes_turn: boolean
}

/** What is told of one that is over. */
export type EndedCommand = Pick<ClaimedCommand, 'command_id' | 'event_id' | 'operation' | 'chat_id' | 'message_id' | 'tries'> & {
  outcome: Outcome
}
export type EndingCommand = EndedCommand & Pick<ClaimedCommand, 'built'>

/** The row of a command that is new; of one that was asked for before, with whatever body, that one. null: the instance is purged. */
export async function askCommand(database: Transaction, command: NewCommand): Promise<AskedCommand | null> {
  const [row] = await database.query<AskedRow>(askSql, [
    ...[command.instanceId, command.commandId, command.digest, command.eventId, command.operation, command.chatId],
    ...[command.messageId, JSON.stringify(command.body), command.askedAt, command.expiresAt],
  ])
  return row === undefined ? null : askedOf(row)
}

/** null: nobody asked for it, or it is forgotten. */
export async function findAsked(
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
): Promise<AskedCommand | null> {
  const [row] = await database.query<AskedRow>(
    `select ${askedColumns} from commands where instance_id = $1 and command_id = $2`,
    [instanceId, commandId],
  )
  return row === undefined ? null : askedOf(row)
}

type AskedRow = { digest: string; state: CommandState; chat_id: string; body: unknown; asked_at: Date; expires_at: Date }

const askedColumns = 'digest, state, chat_id, body, asked_at, expires_at'
const askSql = `insert into commands
    (instance_id, command_id, digest, event_id, operation, chat_id, message_id, body, asked_at, expires_at)
  select $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::jsonb, to_timestamp($9::float8 / 1000),
    to_timestamp($10::float8 / 1000)
  where not ${isPurged('$1::text')}
  on conflict (instance_id, command_id) do update set digest = commands.digest returning ${askedColumns}`

const askedOf = (row: AskedRow): AskedCommand => ({
  digest: row.digest,
  chatId: row.chat_id,
  body: row.body,
  askedAt: row.asked_at.getTime(),
  expiresAt: row.expires_at.getTime(),
  isAccepted: row.state !== 'asked',
})

/**
 * The first record of a command counts; one with another digest than was asked for with its key is nobody's. No two of one command. Whoever
 * holds an account of which one is accepted is woken by the commit, in whichever process.
 */
export const acceptCommands = (commands: readonly AcceptedCommand[]): Write => ({
  sql: acceptSql,
  values: [asRows(commands.map(acceptedRow))],
  isEmpty: commands.length === 0,
})

const acceptSql = `insert into commands as c (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body,
    is_paced, asked_at, expires_at)
  select n.instance_id, n.command_id, n.digest, 'accepted', n.event_id, n.place, n.operation, n.chat_id, n.message_id, n.body, n.is_paced,
    to_timestamp(n.asked_at / 1000), to_timestamp(n.expires_at / 1000)
  from json_to_recordset($1::json) as n(instance_id text, command_id text, digest text, event_id text, place bigint, operation text,
    chat_id text, message_id text, body jsonb, is_paced boolean, asked_at double precision, expires_at double precision)
  on conflict (instance_id, command_id) do update set state = excluded.state, event_id = excluded.event_id, place = excluded.place,
    operation = excluded.operation, chat_id = excluded.chat_id, message_id = excluded.message_id, body = excluded.body,
    is_paced = excluded.is_paced, expires_at = excluded.expires_at
  where c.state = 'asked' and c.digest = excluded.digest
  returning pg_notify('commands', c.instance_id)`

const acceptedRow = (one: AcceptedCommand) => ({
  instance_id: one.instanceId,
  command_id: one.commandId,
  digest: one.digest,
  event_id: one.eventId,
  place: String(one.place),
  operation: one.operation,
  chat_id: one.chatId,
  message_id: one.messageId,
  body: one.body,
  is_paced: !isAboutMessage(one.body),
  asked_at: one.askedAt,
  expires_at: one.expiresAt,
})

/**
 * Of each chat the first command that is not over, where it is due; those of `busy` chats are left alone. One that this epoch has already is
 * answered again: its answer was lost. At most `limit`, oldest first; none where a newer epoch owns the instance. Of those that wait for a turn of
 * the account's pace at most `turns`, each once. What it costs grows with the chats that wait, not with their commands; with no `turns`, with those
 * chats that have one that needs none.
 */
export async function claimCommands(
  database: Transaction,
  { instanceId, epoch }: Owned,
  { busy, limit, turns }: { busy: readonly string[]; limit: number; turns: number },
): Promise<readonly ClaimedCommand[]> {
  return database.query<ClaimedCommand>(turns > 0 ? claimSql : claimUnpacedSql, [instanceId, epoch, busy, limit, turns])
}

const waits = `c.instance_id = $1 and c.state in ('accepted', 'sending', 'ending')`

/** `which`: in whose chats is looked. */
const claimIn = (which: string) => `with recursive held as (${heldOwner('$1', '$2')}), chats as (
  (select c.chat_id from commands c where ${waits} and ${which} order by c.chat_id limit 1)
  union all
  select (select c.chat_id from commands c where ${waits} and ${which} and c.chat_id > chats.chat_id order by c.chat_id limit 1)
  from chats where chats.chat_id is not null
), firsts as (
  select f.* from chats cross join lateral (
    select c.command_id, c.place, c.state, c.epoch, c.due_at, c.is_paced and c.state = 'accepted' and c.expires_at >= now() as takes_turn
    from commands c where ${waits} and c.chat_id = chats.chat_id order by c.place limit 1) f
  where chats.chat_id is not null and not (chats.chat_id = any($3::text[]))
), ready as (
  select command_id, place, takes_turn, row_number() over (partition by takes_turn order by place) as nth from firsts
  where (state = 'accepted' and coalesce(due_at <= now(), true)) or (state in ('sending', 'ending') and coalesce(epoch <= $2, true))
), due as (
  select command_id, takes_turn from ready where not takes_turn or nth <= $5::bigint order by place limit $4
)
update commands c set state = case when c.state = 'ending' then 'ending' else 'sending' end, epoch = $2, is_paced = false
from due where exists (select from held) and c.command_id = due.command_id and ${waits} and coalesce(c.epoch <= $2, true)
returning c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.built, c.tries, c.outcome, c.expires_at < now() as is_expired,
  due.takes_turn`
const claimSql = claimIn('true')
const claimUnpacedSql = claimIn('not c.is_paced')

/** Before each try, which is the `tries`th, however often this is asked; `built`: of the first one stays. false: it is this owner's no more, and is not sent. */
export async function beginTry(
  database: Transaction,
  { instanceId, epoch, commandId, tries, built }: Owned & { commandId: string; tries: number; built: Buffer },
): Promise<boolean> {
  return didChange(
    database.query(
      `with held as (${heldOwner('$1', '$3')}) update commands set tries = $5, built = case when tries = 0 then $4 else coalesce(built, $4) end
       where exists (select from held) and instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
      [instanceId, commandId, epoch, built, tries],
    ),
  )
}

/** To be tried again in `delayMs`: until then it holds its chat. `tries`: where the last one did not count. */
export async function putOff(
  database: Transaction,
  { instanceId, epoch, commandId, delayMs, tries }: Owned & { commandId: string; delayMs: number; tries: number | null },
): Promise<boolean> {
  return didChange(
    database.query(
      `update commands set state = 'accepted', due_at = now() + $4 * interval '1 millisecond', tries = coalesce($5, tries)
       where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
      [instanceId, commandId, epoch, delayMs, tries],
    ),
  )
}

/** From here on nothing else comes of it. null: it is this owner's no more, or was decided before. */
export async function decideOutcome(
  database: Transaction,
  { instanceId, epoch, commandId, outcome }: Owned & { commandId: string; outcome: Outcome },
): Promise<EndingCommand | null> {
  const [row] = await database.query<EndingCommand>(
    `update commands c set state = 'ending', outcome = $4
     where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning ${ended}, c.built`,
    [instanceId, commandId, epoch, JSON.stringify(outcome)],
  )
  return row ?? null
}

/** Its outcome is in the log. */
export async function endCommand(
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
): Promise<void> {
  await database.query(
    `update commands set state = case outcome ->> 'type' when 'command.completed' then 'completed' else 'failed' end, ended_at = now()
     where instance_id = $1 and command_id = $2 and state = 'ending'`,
    [instanceId, commandId],
  )
}

/** Which of these have commands that are not over. What it costs grows with the instances alone. */
export async function instancesWaiting(database: Transaction, instanceIds: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ instance_id: string }>(
    `select given.instance_id from unnest($1::text[]) as given(instance_id) where exists (
       select from commands c where c.instance_id = given.instance_id and c.state in ('accepted', 'sending', 'ending'))`,
    [instanceIds],
  )
  return rows.map(row => row.instance_id)
}

/** What comes of those that are not over: of one that was never given to WhatsApp, and of one that was. */
export type Ends = { untried: Outcome; tried: Outcome }

/** All that wait of an instance, under its owner, each chat's in their order; what was decided of one stays. None where a newer epoch owns it. */
export async function giveUpCommands(
  database: Transaction,
  { instanceId, epoch, untried, tried }: Owned & Ends,
  limit: number,
): Promise<readonly EndingCommand[]> {
  return database.query(
    `with given_up as (
       update commands c set state = 'ending', epoch = $2, outcome = coalesce(c.outcome, case when c.tries > 0 then $4::jsonb else $3::jsonb end)
       from (select command_id from commands where instance_id = $1 and state in ('accepted', 'sending', 'ending')
         and ${isOwner('$1', '$2')} order by chat_id, place limit $5 for update) waiting
       where c.instance_id = $1 and c.command_id = waiting.command_id
       returning ${ended}, c.built, c.place)
     select * from given_up order by chat_id, place`,
    [instanceId, epoch, JSON.stringify(untried), JSON.stringify(tried), limit],
  )
}

/** Past their time by a minute, and of none of the instances `live`, whose owners end their own: they are over. Whoever asks tells it, in the same transaction. */
export async function expireCommands(
  tx: Transaction,
  { untried, tried }: Ends,
  { live, limit }: { live: readonly string[]; limit: number },
): Promise<readonly (EndedCommand & { instance_id: string })[]> {
  return tx.query(
    `update commands c set state = 'failed', ended_at = now(), outcome = case when c.tries > 0 then $2::jsonb else $1::jsonb end
     from (select w.instance_id, w.command_id from commands w
       where w.state in ('accepted', 'sending') and w.expires_at < now() - interval '1 minute'
         and not (w.instance_id = any($3::text[])) and not ${isPurged('w.instance_id')}
       order by w.expires_at limit $4 for update skip locked) late
     where c.instance_id = late.instance_id and c.command_id = late.command_id
     returning c.instance_id, ${ended}`,
    [JSON.stringify(untried), JSON.stringify(tried), live, limit],
  )
}

const ended = 'c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.tries, c.outcome'

/** What is sent again to a device that could not read it; sealed. null: none of ours, or from longer ago than 14 days. */
export async function findBuilt(
  database: Transaction,
  instanceId: string,
  messageId: string,
): Promise<{ commandId: string; built: Buffer } | null> {
  const [row] = await database.query<{ command_id: string; built: Buffer }>(
    `select command_id, built from commands
     where instance_id = $1 and message_id = $2 and built is not null and asked_at > now() - interval '14 days'`,
    [instanceId, messageId],
  )
  return row === undefined ? null : { commandId: row.command_id, built: row.built }
}

type ShownState = (typeof commandStates.here)[number]
/** As clients see one. */
export type ShownCommand = CommandIds & {
  operation: string
  chatId: string
  state: ShownState
  /** How often it was given to WhatsApp. */
  tries: number
  acceptedAt: Date
  queuedUntil: Date
  endedAt: Date | null
  /** Once it is told. */
  outcome: Outcome | null
}

/** `ending`: until its outcome is told, it may be told by another owner. */
const shownAs: Readonly<Record<CommandState, ShownState>> = {
  asked: 'waiting',
  accepted: 'waiting',
  sending: 'sending',
  ending: 'sending',
  completed: 'completed',
  failed: 'failed',
}
const allStates = Object.keys(shownAs) as CommandState[]

export async function readCommand(database: Transaction, instanceId: string, commandId: string): Promise<ShownCommand | null> {
  const [row] = await database.query<ShownRow>(
    `select ${shownColumns} from commands c where instance_id = $1 and command_id = $2`,
    [instanceId, commandId],
  )
  return row === undefined ? null : shownOf(row)
}

/** Newest first, before `last`; at most `limit`. What it costs is a page of each state, however many there are. */
export async function listCommands(
  database: Transaction,
  of: {
    instanceId: string
    state: ShownState | null
    last: { askedAt: number; commandId: string } | null
    after: number | null
    before: number | null
    limit: number
  },
): Promise<readonly ShownCommand[]> {
  const states = allStates.filter(state => of.state === null || shownAs[state] === of.state)
  const { instanceId, last, after, before, limit } = of
  const values = [instanceId, states, last?.askedAt ?? null, last?.commandId ?? '', after, before, limit]
  return (await database.query<ShownRow>(listSql, values)).map(shownOf)
}

type ShownRow = Readonly<Record<'command_id' | 'event_id' | 'message_id' | 'operation' | 'chat_id', string>> & {
  state: CommandState
  tries: number
  asked_at: Date
  expires_at: Date
  ended_at: Date | null
  outcome: Outcome | null
}

const shownColumns = `c.command_id, c.event_id, c.message_id, c.operation, c.chat_id, c.state, c.tries, c.asked_at, c.expires_at, c.ended_at,
  c.outcome`
/** The instant of a parameter in epoch ms. */
const instantOf = (ms: string, otherwise: string) => `coalesce(to_timestamp(${ms}::float8 / 1000), '${otherwise}')`
const listSql = `select c.* from unnest($2::text[]) as wanted(state) cross join lateral (
    select ${shownColumns} from commands c where c.instance_id = $1 and c.state = wanted.state
      and (c.asked_at, c.command_id) < (${instantOf('$3', 'infinity')}, $4::text)
      and c.asked_at >= ${instantOf('$5', '-infinity')} and c.asked_at < ${instantOf('$6', 'infinity')}
    order by c.asked_at desc, c.command_id desc limit $7) c
  order by c.asked_at desc, c.command_id desc limit $7`

const shownOf = (row: ShownRow): ShownCommand => ({
  commandId: row.command_id,
  eventId: row.event_id,
  messageId: row.message_id,
  operation: row.operation,
  chatId: row.chat_id,
  state: shownAs[row.state],
  tries: row.tries,
  acceptedAt: row.asked_at,
  queuedUntil: row.expires_at,
  endedAt: row.ended_at,
  outcome: row.ended_at === null ? null : row.outcome,
})

/** Those that ended, or whose record never came, [14 d] ago: a key is new again then. Answers how many. */
export async function forgetCommands(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql, [maxRows])
  return row?.gone ?? 0
}

const forgetSql = `with gone as (
  delete from commands where ctid = any(array(
    select c.ctid from commands c where c.asked_at < now() - interval '14 days' and c.state in ('asked', 'completed', 'failed')
      and coalesce(c.ended_at, c.asked_at) < now() - interval '14 days' order by c.asked_at limit $1))
  returning 1
)
select count(*)::int as gone from gone`

async function didChange(changing: Promise<readonly unknown[]>): Promise<boolean> {
  return (await changing).length > 0
}

export const commandsErasure = rowsOf('commands')
