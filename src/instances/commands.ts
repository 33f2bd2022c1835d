// The table commands: what clients asked accounts to do, and how far it is. This file alone reads and writes it. The API asks, the projection
// accepts what the log has, who holds the account claims, and the one who decides an outcome tells it.
import type { Transaction } from '../database/database.ts'
import { asRows, type Write } from '../database/statement-parts.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import { heldOwner, isOwner, type Owned } from './instance-owners.ts'

/**
 * asked: its record is not in the log yet, or not projected; accepted: it waits for its turn, or its next try; sending: whoever holds `epoch`
 * has it, or had; ending: what came of it is decided, and not told yet; completed, failed: told.
 */
export type CommandState = 'asked' | 'accepted' | 'sending' | 'ending' | 'completed' | 'failed'

/** `at`: when it was decided, epoch ms; `saidAt`: when WhatsApp's server took it, epoch seconds in digits; null: it did not say. */
export type Outcome =
  | { type: 'command.completed'; at: number; saidAt: string | null }
  | { type: 'command.failed'; at: number; reason: string; reasonText: string; code: string | null }

/** As its record says it; `place`: its offset, which orders the commands of an instance. */
export type AcceptedCommand = {
  instanceId: string
  commandId: string
  digest: string
  eventId: string
  place: bigint
  operation: string
  chatId: string
  messageId: string
  body: unknown
  expiresAt: number
}

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
}

/** What is told of one that is over. */
export type EndedCommand = Pick<ClaimedCommand, 'command_id' | 'event_id' | 'operation' | 'chat_id' | 'message_id' | 'tries'> & {
  outcome: Outcome
}
export type EndingCommand = EndedCommand & Pick<ClaimedCommand, 'built'>

/** Answers the digest that this command has: another one than `digest` is somebody else's with the same key. null: the instance is purged. */
export async function askCommand(
  database: Transaction,
  { instanceId, commandId, digest }: { instanceId: string; commandId: string; digest: string },
): Promise<string | null> {
  const [row] = await database.query<{ digest: string }>(
    `insert into commands (instance_id, command_id, digest) select $1::text, $2::text, $3::text where not ${isPurged('$1::text')}
     on conflict (instance_id, command_id) do update set digest = commands.digest returning digest`,
    [instanceId, commandId, digest],
  )
  return row?.digest ?? null
}

/** The first record of a command counts; one with another digest than was asked for with its key is nobody's. */
export const acceptCommands = (commands: readonly AcceptedCommand[]): Write => ({
  sql: `insert into commands as c (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body, expires_at)
    select n.instance_id, n.command_id, n.digest, 'accepted', n.event_id, n.place, n.operation, n.chat_id, n.message_id, n.body,
      to_timestamp(n.expires_at / 1000)
    from json_to_recordset($1::json) as n(instance_id text, command_id text, digest text, event_id text, place bigint, operation text,
      chat_id text, message_id text, body jsonb, expires_at double precision)
    on conflict (instance_id, command_id) do update set state = excluded.state, event_id = excluded.event_id, place = excluded.place,
      operation = excluded.operation, chat_id = excluded.chat_id, message_id = excluded.message_id, body = excluded.body,
      expires_at = excluded.expires_at
    where c.state = 'asked' and c.digest = excluded.digest`,
  values: [
    asRows(
      commands.map(one => ({
        instance_id: one.instanceId,
        command_id: one.commandId,
        digest: one.digest,
        event_id: one.eventId,
        place: String(one.place),
        operation: one.operation,
        chat_id: one.chatId,
        message_id: one.messageId,
        body: one.body,
        expires_at: one.expiresAt,
      })),
    ),
  ],
  isEmpty: commands.length === 0,
})

/**
 * Of each chat the first command that is not over, where it is due; those of `busy` chats are left alone. One that this epoch has already is
 * answered again: its answer was lost. At most `limit`, oldest first; none where a newer epoch owns the instance. What it costs grows with
 * the chats that wait, not with their commands.
 */
export async function claimCommands(
  database: Transaction,
  { instanceId, epoch }: Owned,
  { busy, limit }: { busy: readonly string[]; limit: number },
): Promise<readonly ClaimedCommand[]> {
  return database.query<ClaimedCommand>(claimSql, [instanceId, epoch, busy, limit])
}

const claimSql = `with recursive held as (${heldOwner('$1', '$2')}), chats as (
  (select chat_id from commands where instance_id = $1 and state in ('accepted', 'sending', 'ending') order by chat_id limit 1)
  union all
  select (select c.chat_id from commands c where c.instance_id = $1 and c.chat_id > chats.chat_id
    and c.state in ('accepted', 'sending', 'ending') order by c.chat_id limit 1)
  from chats where chats.chat_id is not null
), firsts as (
  select f.* from chats cross join lateral (
    select c.command_id, c.place, c.state, c.epoch, c.due_at from commands c
    where c.instance_id = $1 and c.chat_id = chats.chat_id and c.state in ('accepted', 'sending', 'ending') order by c.place limit 1) f
  where chats.chat_id is not null and not (chats.chat_id = any($3::text[]))
), due as (
  select command_id from firsts
  where (state = 'accepted' and coalesce(due_at <= now(), true)) or (state in ('sending', 'ending') and coalesce(epoch <= $2, true))
  order by place limit $4
)
update commands c set state = case when c.state = 'ending' then 'ending' else 'sending' end, epoch = $2
from due where exists (select from held) and c.instance_id = $1 and c.command_id = due.command_id
  and c.state in ('accepted', 'sending', 'ending') and coalesce(c.epoch <= $2, true)
returning c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.built, c.tries, c.outcome, c.expires_at < now() as is_expired`

/** Before each try; `built`: where this is the first one. false: it is this owner's no more, and is not sent. */
export async function beginTry(
  database: Transaction,
  { instanceId, epoch, commandId, built }: Owned & { commandId: string; built: Buffer | null },
): Promise<boolean> {
  return didChange(
    database.query(
      `with held as (${heldOwner('$1', '$3')}) update commands set tries = tries + 1, built = coalesce(built, $4)
       where exists (select from held) and instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
      [instanceId, commandId, epoch, built],
    ),
  )
}

/** To be tried again in `delayMs`: until then it holds its chat. */
export async function putOff(
  database: Transaction,
  { instanceId, epoch, commandId, delayMs }: Owned & { commandId: string; delayMs: number },
): Promise<boolean> {
  return didChange(
    database.query(
      `update commands set state = 'accepted', due_at = now() + $4 * interval '1 millisecond'
       where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
      [instanceId, commandId, epoch, delayMs],
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

/** All that wait of an instance, under its owner, in their order; what was decided of one stays. None where a newer epoch owns it. */
export async function giveUpCommands(
  database: Transaction,
  { instanceId, epoch, untried, tried }: Owned & Ends,
  limit: number,
): Promise<readonly EndingCommand[]> {
  return database.query(
    `with given_up as (
       update commands c set state = 'ending', epoch = $2, outcome = coalesce(c.outcome, case when c.tries > 0 then $4::jsonb else $3::jsonb end)
       from (select command_id from commands where instance_id = $1 and state in ('accepted', 'sending', 'ending')
         and ${isOwner('$1', '$2')} order by place limit $5 for update) waiting
       where c.instance_id = $1 and c.command_id = waiting.command_id
       returning ${ended}, c.built, c.place)
     select * from given_up order by place`,
    [instanceId, epoch, JSON.stringify(untried), JSON.stringify(tried), limit],
  )
}

/** Past their time by a minute, and with none of the owners `live`: they are over. Whoever asks tells it, in the same transaction. */
export async function expireCommands(
  tx: Transaction,
  { untried, tried }: Ends,
  { live, limit }: { live: readonly Owned[]; limit: number },
): Promise<readonly (EndedCommand & { instance_id: string })[]> {
  return tx.query(
    `update commands c set state = 'failed', ended_at = now(), outcome = case when c.tries > 0 then $2::jsonb else $1::jsonb end
     from (select w.instance_id, w.command_id from commands w
       where w.state in ('accepted', 'sending') and w.expires_at < now() - interval '1 minute' and not exists (
         select from unnest($3::text[], $4::bigint[]) as live(instance_id, epoch)
         where live.instance_id = w.instance_id and live.epoch = w.epoch)
       order by w.expires_at limit $5 for update skip locked) late
     where c.instance_id = late.instance_id and c.command_id = late.command_id
     returning c.instance_id, ${ended}`,
    [JSON.stringify(untried), JSON.stringify(tried), live.map(one => one.instanceId), live.map(one => one.epoch), limit],
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

async function didChange(changing: Promise<readonly unknown[]>): Promise<boolean> {
  return (await changing).length > 0
}

export const commandsErasure = rowsOf('commands')
