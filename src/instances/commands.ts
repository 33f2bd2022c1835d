// The table commands: what clients asked accounts to do, and how far it is. This file alone reads and writes it. The API asks, the projection
// accepts what the log has, who holds the account claims, and the one who decides an outcome tells it.
import type { Transaction } from '../database/database.ts'
import { asRows, type Write } from '../database/statement-parts.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { Owned } from './instance-owners.ts'

/**
 * asked: its record is not in the log yet, or not projected; accepted: it waits for its turn, or its next try; sending: whoever holds `epoch`
 * has it, or had; ending: what came of it is decided, and not told yet; completed, failed: told.
 */
export type CommandState = 'asked' | 'accepted' | 'sending' | 'ending' | 'completed' | 'failed'

export type Outcome =
  | { type: 'command.completed' }
  | { type: 'command.failed'; reason: string; reasonText: string; code: string | null }

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
}

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
 * Of each chat the first command that is not over, where it is due and nobody's of this epoch; those of `busy` chats are left alone. At most
 * `limit`, oldest first. What it costs grows with the chats that wait, not with their commands.
 */
export async function claimCommands(
  database: Transaction,
  { instanceId, epoch }: Owned,
  { busy, limit }: { busy: readonly string[]; limit: number },
): Promise<readonly ClaimedCommand[]> {
  return database.query<ClaimedCommand>(claimSql, [instanceId, epoch, busy, limit])
}

const claimSql = `with recursive chats as (
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
  where (state = 'accepted' and coalesce(due_at <= now(), true)) or (state in ('sending', 'ending') and coalesce(epoch < $2, true))
  order by place limit $4
)
update commands c set state = case when c.state = 'ending' then 'ending' else 'sending' end, epoch = $2
from due where c.instance_id = $1 and c.command_id = due.command_id
returning c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.built, c.tries, c.outcome`

/** Before each try; `built`: where this is the first one. false: it is this owner's no more, and is not sent. */
export async function beginTry(
  database: Transaction,
  { instanceId, epoch, commandId, built }: Owned & { commandId: string; built: Buffer | null },
): Promise<boolean> {
  return didChange(
    database.query(
      `update commands set tries = tries + 1, built = coalesce($4, built)
       where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
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

/** From here on nothing else comes of it. false: it is this owner's no more. */
export async function decideOutcome(
  database: Transaction,
  { instanceId, epoch, commandId, outcome }: Owned & { commandId: string; outcome: Outcome },
): Promise<boolean> {
  return didChange(
    database.query(
      `update commands set state = 'ending', outcome = $4
       where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1`,
      [instanceId, commandId, epoch, JSON.stringify(outcome)],
    ),
  )
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

/** What is sent again to a device that could not read it; sealed. null: none of ours, or too old. */
export async function findBuilt(database: Transaction, instanceId: string, messageId: string): Promise<Buffer | null> {
  const [row] = await database.query<{ built: Buffer }>(
    'select built from commands where instance_id = $1 and message_id = $2 and built is not null',
    [instanceId, messageId],
  )
  return row?.built ?? null
}

async function didChange(changing: Promise<readonly unknown[]>): Promise<boolean> {
  return (await changing).length > 0
}

export const commandsErasure = rowsOf('commands')
