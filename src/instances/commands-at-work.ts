// Commands in the hands of who holds their account: claimed, tried, put off, decided and ended, each fenced by its epoch; or given up, or past
// their time.
import type { Transaction } from '../database/database.ts'
import { asRows, writeTogether } from '../database/statement-parts.ts'
import { albumOperation } from '../events/operations.ts'
import { isPurged } from '../purge/tombstones.ts'
import { isAhead, isDue, isWaiting, type PutOffFor, settleBehind, settleChats, type Turn, turnOf } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { isLearning } from './commands-begin.ts'
import { type FirstContactPace, firstTurnAt, firstTurns, giveFirstTurnsBack, takeFirstTurns } from './first-contacts.ts'
import { heldOwner, isOwner, type Owned } from './instance-owners.ts'
import { addingSecrets, type SecretRow, secretColumns } from './message-secrets.ts'
import { restsUntil, sayTurns } from './outgoing-turns.ts'
import { outdating, type Question } from './socket-reads.ts'
import { markSent } from './uploads-sent.ts'

/** What its owner needs. `built`: sealed; null: nothing was sent yet, or it is no message. `outcome`: decided by an owner before, who did not tell it. */
export type ClaimedCommand = {
  command_id: string
  event_id: string
  operation: string
  chat_id: string
  message_id: string
  body: unknown
  built: Buffer | null
  tries: number
  /** Whoever had it before did not say what came of it: it died, or its connection ended. */
  is_left: boolean
  outcome: Outcome | null
  /** What would be told of it now: WhatsApp refused its last try; null: it did not. */
  refusal: Outcome | null
  /** WhatsApp said nothing to a try before its last one. */
  is_unanswered: boolean
  is_expired: boolean
  /** Epoch ms. */
  asked_at_ms: number
  /** For so long its account writes nothing; 0: it may. */
  rests_ms: number
  /** Which one it was claimed for: its message is one for people to read. */
  turn: Turn
  /** What its record goes on with; null: nobody traced it. */
  traceparent: string | null
}

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

/**
 * Of each chat the first command that is not over, where it is due; those of `busy` chats are left alone. One that this epoch has already is
 * answered again: its answer was lost. At most `limit`, oldest first; none where a newer epoch owns the instance, or while the log is to say what came of
 * some. Of those that wait for a turn of
 * the account's pace at most `turns`, each once; of first messages as many as `firsts` lets go now; of neither any while the account rests. What it
 * costs grows neither with the commands that wait nor with their chats: of each kind the index has the next ones. `turnAt`: when the account's next turn
 * is, epoch ms, for whoever asks; null: now. Not in a transaction: its commit alone is not waited for. Nothing leaves the process, and nothing is
 * decided, before a statement that finds the claim in its row and is waited for, and with it the claim: one that Postgres forgets in its death is a
 * claim of nobody, and is made again.
 */
export async function claimCommands(
  database: Transaction,
  { instanceId, epoch }: Owned,
  { busy, limit, turns, turnAt, firsts }: Claim,
): Promise<readonly ClaimedCommand[]> {
  const values = [instanceId, epoch, busy, limit, turns, firsts.spacingMs, firsts.perDay, turnAt ?? null]
  return database.query<ClaimedCommand>(claimSql, values)
}

type Claim = { busy: readonly string[]; limit: number; turns: number; turnAt?: number | null; firsts: FirstContactPace }

const pace = { spacingMs: '$6', perDay: '$7' }
const found = `select c.command_id, c.chat_id, c.place, c.state = 'sending' as is_left, ${turnOf('c')} as turn from commands c
    where c.instance_id = $1 and ${isWaiting('c')} and ${isAhead('c')} and not (c.chat_id = any($3::text[])) and ${isDue('c', '$2')}`

/** Those that were never put off, and those that are due again: neither kind hides the other. */
const nextOf = (kind: string, most: string): string =>
  ['c.due_at is null', 'c.due_at <= now()']
    .map(when => `(${found} and ${kind} and ${when} order by c.due_at, c.place limit ${most})`)
    .join(' union ')

/** Until the statement's transaction is over. Selected of the row of its owner, without which nothing is claimed. */
const unwaited = `set_config('synchronous_commit', 'off', true)`
const claimSql = `with held as (select ${unwaited} from (${heldOwner('$1', '$2')}) owner where not ${isLearning}), turn_of_first as materialized (
  select ${firstTurnAt('$1', pace)} as at, ${restsUntil('$1')} as rests_until
), turns as materialized (
  select t.rests_until, case when t.rests_until is null then $5::bigint else 0 end as paced,
    case when t.rests_until is null then ${firstTurns('$1', { ...pace, turnAt: 't.at' })} else 0 end as firsts from turn_of_first t
), told as (
  ${sayTurns({ instanceId: '$1', turnAt: 'to_timestamp($8::float8 / 1000)', firstAt: '(select at from turn_of_first)', may: 'exists (select from held)' })}
), next as (
  ${nextOf('not c.is_first and not c.is_paced', '$4::bigint')}
  union ${nextOf('not c.is_first and c.is_paced', 'least($4::bigint, (select paced from turns))')}
  union ${nextOf('c.is_first and not c.is_paced', 'least($4::bigint, (select firsts from turns))')}
  union (${found} and (c.is_paced or c.is_first) and c.expires_at < now() order by c.expires_at limit $4::bigint)
), ranked as (
  select command_id, chat_id, place, is_left, turn, row_number() over (partition by turn order by place) as nth from next
), due as (
  select command_id, chat_id, is_left, turn from ranked
  where turn = 'none' or nth <= (select case ranked.turn when 'paced' then paced else firsts end from turns) order by place limit $4::bigint
), taken as (
  ${takeFirstTurns('$1', "(select chat_id from due where turn = 'first' and exists (select from held))")}
)
update commands c set state = case when c.state = 'ending' then 'ending' else 'sending' end, epoch = $2, is_paced = false, is_first = false,
  took_first = c.took_first or due.turn = 'first'
from due where exists (select from held) and c.instance_id = $1 and c.command_id = due.command_id and ${isWaiting('c')} and coalesce(c.epoch <= $2, true)
returning c.command_id, c.event_id, c.operation, c.chat_id, c.message_id, c.body, c.built, c.tries, c.traceparent, due.is_left, c.outcome, c.refusal,
  coalesce(c.is_unanswered, c.tries > 1) as is_unanswered, c.expires_at < now() as is_expired,
  (extract(epoch from c.asked_at) * 1000)::float8 as asked_at_ms,
  coalesce((select (extract(epoch from rests_until - now()) * 1000)::float8 from turns), 0) as rests_ms, due.turn`

/** Of commands `c` that were tried: WhatsApp did not refuse each of the tries. */
export const mayBeThere = (c: string): string => `(${c}.refusal is null or coalesce(${c}.is_unanswered, ${c}.tries > 1))`

/** Where the `tries`th begins, and nothing was said to the one before. */
const isUnansweredBy = (tries: string) => `is_unanswered or (tries between 1 and ${tries} - 1 and refusal is null)`

/** What was read of WhatsApp before, of the same instance, and is old by a command. */
type Outdated = readonly Omit<Question, 'instanceId'>[]

/** `secrets`: those in `built`, for what comes sealed with them later. `outdated`: by it, whether it is done or not. */
export type BegunTry = Owned & {
  commandId: string
  tries: number
  built: Buffer | null
  secrets?: readonly SecretRow[]
  outdated?: Outdated
}

/**
 * Before each try, which is the `tries`th, however often this is asked; `built`: of the first one stays, with its secrets. However it ends from here
 * on, whoever asks after that is not answered what was read before. false: it is this owner's no more, and is not sent.
 */
export async function beginTry(
  database: Transaction,
  { instanceId, epoch, commandId, tries, built, secrets = [], outdated = [] }: BegunTry,
): Promise<boolean> {
  const values = [instanceId, commandId, epoch, built, tries, ...secretColumns(secrets)]
  if (outdated.length === 0) return didChange(database.query(`${beginTrySql} select 1 from begun`, values))
  return didChange(database.query(beginAndOutdateSql, [...values, asRows(outdated)]))
}

const outdatedIn = (given: string) =>
  outdating(
    `(select $1::text as instance_id, kind, subject from json_to_recordset(${given}::json) as g(kind text, subject text))`,
  )

const beginTrySql = `with held as (${heldOwner('$1', '$3')}), begun as (
    update commands set tries = $5, refusal = null, is_unanswered = ${isUnansweredBy('$5')},
      built = case when tries = 0 then $4 else coalesce(built, $4) end
    where exists (select from held) and instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1
  ), kept as (${addingSecrets(['$6', '$7', '$8', '$9', '$10'], 'exists (select from begun)')})`
const beginAndOutdateSql = `${beginTrySql}, outdated as (${outdatedIn('$11')}) select 1 from begun`

/** `tries`: where the last one did not count; `turn`: which is given back, as nothing went out; `refusal`: what WhatsApp said to it; `waitsFor` [retry]: what for. */
type PutOff = Owned & {
  commandId: string
  delayMs: number
  tries: number | null
  turn: Turn
  refusal: Outcome | null
  waitsFor?: PutOffFor
}

/** To be tried again in `delayMs`: until then it holds its chat. */
export async function putOff(
  database: Transaction,
  { instanceId, epoch, commandId, delayMs, tries, turn, refusal, waitsFor = 'retry' }: PutOff,
): Promise<boolean> {
  return didChange(
    database.query(
      `with left_alone as (
         update commands set state = 'accepted', due_at = now() + $4 * interval '1 millisecond', tries = coalesce($5, tries), refusal = $6, waits_for = $8,
           is_unanswered = is_unanswered or ($5::integer is null and $6::jsonb is null and tries > 0),
           is_paced = $7::text = 'paced', is_first = $7::text = 'first', took_first = took_first and $7::text <> 'first'
         where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning chat_id
       ), given_back as (${giveFirstTurnsBack('$1', "(select chat_id from left_alone where $7::text = 'first')")})
       select from left_alone`,
      [instanceId, commandId, epoch, delayMs, tries, refusal === null ? null : JSON.stringify(refusal), turn, waitsFor],
    ),
  )
}

/** What was put off need not wait any longer; what is in hand stays. */
export async function dueNow(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<void> {
  await database.query(
    `update commands set due_at = now() where instance_id = $1 and command_id = any($2::text[]) and state = 'accepted' and due_at > now()`,
    [instanceId, commandIds],
  )
}

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

export const endCommand = (
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
): Promise<void> => endCommands(database, { instanceId, commandIds: [commandId] })

/**
 * Their outcomes are in the log. The upload of one was sent, however long its command is remembered. Two statements, which are safe to be done
 * again: in a transaction they are one.
 */
export async function endCommands(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<void> {
  await database.query(
    `with ended as (
       update commands set state = case outcome ->> 'type' when 'command.completed' then 'completed' else 'failed' end, ended_at = now()
       where instance_id = $1 and command_id = any($2::text[]) and state = 'ending'
       returning state, upload_id, pg_notify('${commandEndsChannel}', command_id))
     ${markSent("(select upload_id from ended where state = 'completed')")}`,
    [instanceId, commandIds],
  )
  // A death before this is made good by the next session of the account.
  await settleBehind(database, { instanceId, commandIds })
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

async function didChange(changing: Promise<readonly unknown[]>): Promise<boolean> {
  return (await changing).length > 0
}
