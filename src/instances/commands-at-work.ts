// What comes of commands in the hands of who holds their account, who claimed (commands-claimed.ts) and tried them (command-tries.ts): decided and ended,
// each fenced by its epoch; or given up, or past their time.
import type { Transaction } from '../database/database.ts'
import { asRows, writeTogether } from '../database/statement-parts.ts'
import { albumOperation } from '../events/operations.ts'
import { isPurged } from '../purge/tombstones.ts'
import { mayBeThere, type Outdated, outdatedIn } from './command-tries.ts'
import { settleBehind, settleChats } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { type ClaimedCommand, unwaited } from './commands-claimed.ts'
import { heldOwner, isOwner, type Owned } from './instance-owners.ts'
import { markSent } from './uploads-sent.ts'

/** What is told of one that is over. */
export type EndedCommand = Pick<
  ClaimedCommand,
  'command_id' | 'event_id' | 'operation' | 'chat_id' | 'message_id' | 'body' | 'tries' | 'traceparent'
> & {
  outcome: Outcome
}
export type EndingCommand = EndedCommand & Pick<ClaimedCommand, 'built'>
/** Of commands `c`, what is told of one that is over. */
export const endedColumns =
  'c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.tries, c.traceparent, c.outcome'

/** `outdated`: by it; what was read while it was tried among them, and of what it has made. */
type Decided = Owned & { commandId: string; outcome: Outcome; outdated?: Outdated }

/**
 * From here on nothing else comes of it, and before anybody is told of it nobody is answered what was read before. null: it is this owner's no more,
 * or was decided before.
 */
export async function decideOutcome(
  database: Transaction,
  { instanceId, epoch, commandId, outcome, outdated = [] }: Decided,
): Promise<EndingCommand | null> {
  const values = [instanceId, commandId, epoch, JSON.stringify(outcome)]
  const [row] =
    outdated.length === 0
      ? await database.query<EndingCommand>(decideSql, values)
      : await database.query<EndingCommand>(decideAndOutdateSql, [...values, asRows(outdated)])
  return row ?? null
}

const decideSql = `update commands c set state = 'ending', outcome = $4
  where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning ${endedColumns}, c.built`
const decideAndOutdateSql = `with decided as (${decideSql}), outdated as (${outdatedIn('$5')}) select * from decided`

/** Payload: the id of a command that is over. */
export const commandEndsChannel = 'command_ends'

/** Answers whether anything waits in its chat. */
export const endCommand = (
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
): Promise<boolean> => endCommands(database, { instanceId, commandIds: [commandId] })

/**
 * Their outcomes are in the log. The upload of one was sent, however long its command is remembered. Two statements, which are safe to be done
 * again: in a transaction they are one. The commit is not waited for: what Postgres forgets in its death is told again. Answers whether anything waits in their
 * chats.
 */
export async function endCommands(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<boolean> {
  await database.query(
    `with ended as (
       update commands set state = case outcome ->> 'type' when 'command.completed' then 'completed' else 'failed' end, ended_at = now()
       where instance_id = $1 and command_id = any($2::text[]) and state = 'ending'
       returning state, upload_id, pg_notify('${commandEndsChannel}', command_id), ${unwaited})
     ${markSent("(select upload_id from ended where state = 'completed')")}`,
    [instanceId, commandIds],
  )
  // A death before this is made good by the next session of the account.
  return settleBehind(database, { instanceId, commandIds })
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

/** An album as a whole is never given to WhatsApp: what came of it is what came of all that is in it. */
const isNoAlbum = (c: string) => `${c}.operation <> '${albumOperation}'`

/** What comes of those that are not over: of one that was never given to WhatsApp, and of one that was. */
export type Ends = { untried: Outcome; tried: Outcome }

/** A refusal stays what it was, where WhatsApp refused all that it was given. */
const comesOf = (untried: string, tried: string) =>
  `case when c.tries = 0 then ${untried}::jsonb when ${mayBeThere('c')} then ${tried}::jsonb else c.refusal end`

/** All that wait of an instance but albums as wholes (end-albums.ts), under its owner, each chat's in their order; what was decided of one stays. None where a newer epoch owns it. */
export async function giveUpCommands(
  database: Transaction,
  { instanceId, epoch, untried, tried }: Owned & Ends,
  limit: number,
): Promise<readonly EndingCommand[]> {
  return database.query(
    `with given_up as (
       update commands c set state = 'ending', epoch = $2, outcome = coalesce(c.outcome, ${comesOf('$3', '$4')})
       from (select command_id from commands where instance_id = $1 and state in ('accepted', 'sending', 'ending') and ${isNoAlbum('commands')}
         and ${isOwner('$1', '$2')} order by chat_id, place limit $5 for update) waiting
       where c.instance_id = $1 and c.command_id = waiting.command_id
       returning ${endedColumns}, c.built, c.place)
     select * from given_up order by chat_id, place`,
    [instanceId, epoch, JSON.stringify(untried), JSON.stringify(tried), limit],
  )
}

/** Past their time and never given to WhatsApp, albums as wholes left to who ends them, of an instance's chats that are not busy, under its owner, each chat's in their order. None where a newer epoch owns it. */
export async function expireOwn(
  database: Transaction,
  { instanceId, epoch, untried }: Owned & Pick<Ends, 'untried'>,
  { busy, limit }: { busy: readonly string[]; limit: number },
): Promise<readonly EndingCommand[]> {
  return database.query(
    `with held as (${heldOwner('$1', '$2')}), expired as (
       update commands c set state = 'ending', epoch = $2, outcome = $3
       from (select command_id from commands where instance_id = $1 and state = 'accepted' and tries = 0 and expires_at < now()
         and ${isNoAlbum('commands')} and not (chat_id = any($5::text[]))
         and exists (select from held) order by chat_id, place limit $4 for update skip locked) late
       where c.instance_id = $1 and c.command_id = late.command_id
       returning ${endedColumns}, c.built, c.place)
     select * from expired order by chat_id, place`,
    [instanceId, epoch, JSON.stringify(untried), limit, busy],
  )
}

/**
 * Past their time by a minute, no albums as wholes (end-albums.ts), and of none of the instances `live`, whose owners end their own: they are over, those that had failed before as they
 * had; one that is done waits for its owner, who alone tells its message. Whoever asks tells it, in the same transaction.
 */
export async function expireCommands(
  tx: Transaction,
  { untried, tried }: Ends,
  { live, limit }: { live: readonly string[]; limit: number },
): Promise<readonly (EndedCommand & { instance_id: string })[]> {
  const late = await tx.query<EndedCommand & { instance_id: string }>(
    `with expired as (update commands c set state = 'failed', ended_at = now(), outcome = coalesce(c.outcome, ${comesOf('$1', '$2')})
     from (select w.instance_id, w.command_id from commands w
       where ${isNoAlbum('w')} and (w.state in ('accepted', 'sending') or (w.state = 'ending' and w.outcome ->> 'type' = 'command.failed')) and w.expires_at < now() - interval '1 minute'
         and not (w.instance_id = any($3::text[])) and not ${isPurged('w.instance_id')}
       order by w.expires_at, w.place limit $4 for update skip locked) late
     where c.instance_id = late.instance_id and c.command_id = late.command_id
     returning c.instance_id, ${endedColumns}, c.place, pg_notify('${commandEndsChannel}', c.command_id))
     select * from expired order by instance_id, chat_id, place`,
    [JSON.stringify(untried), JSON.stringify(tried), live, limit],
  )
  await settleEnded(tx, late)
  return late
}

/** Their chats go on. */
export async function settleEnded(tx: Transaction, over: readonly (EndedCommand & { instance_id: string })[]): Promise<void> {
  const chats = over.map(one => ({ instanceId: one.instance_id, chatId: one.chat_id }))
  await writeTogether(tx, [settleChats(chats)])
}

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
