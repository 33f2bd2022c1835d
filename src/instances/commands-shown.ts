// Commands as clients see them, one or a page.
import type { Transaction } from '../database/database.ts'
import type { commandStates, commandWaits } from '../events/vocabulary.ts'
import type { CommandIds } from './command-ids.ts'
import { chatOf, lanesOf } from './command-lanes.ts'
import { waitOf } from './command-turns.ts'
import type { CommandState, Outcome } from './commands.ts'

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
  /** Why it is not over yet, as far as its rows say; null: it is. */
  waitsFor: Waiting | null
}
/** `commandId`: of the one before it in its chat; `refusal`: what WhatsApp said to its last try. */
export type Waiting = { reason: WaitReason; nextAt: Date | null; commandId: string | null; refusal: Outcome | null }
export type WaitReason = (typeof commandWaits.here)[number]

/** `ending`: until its outcome is told, it may be told by another owner; `untold`: it may have failed or not. */
const shownAs: Readonly<Record<CommandState, ShownState>> = {
  asked: 'waiting',
  accepted: 'waiting',
  sending: 'sending',
  ending: 'sending',
  untold: 'waiting',
  completed: 'completed',
  failed: 'failed',
}
const allStates = Object.keys(shownAs) as CommandState[]

export async function readCommand(database: Transaction, instanceId: string, commandId: string): Promise<ShownCommand | null> {
  const [row] = await database.query<ShownRow>(
    `select ${shownColumns} from commands c cross join lateral ${waitOf('c')} waiting where c.instance_id = $1 and c.command_id = $2`,
    [instanceId, commandId],
  )
  return row === undefined ? null : shownOf(row)
}

/** By their ids, of those that there are: what came of each; null: it is not over yet. */
export async function outcomesOf(
  database: Transaction,
  { instanceIds, commandIds }: { instanceIds: readonly string[]; commandIds: readonly string[] },
): Promise<ReadonlyMap<string, Outcome | null>> {
  const rows = await database.query<{ command_id: string; outcome: Outcome | null }>(
    `select command_id, case when state in ('completed', 'failed') then outcome end as outcome from commands
     where instance_id = any($1::text[]) and command_id = any($2::text[])`,
    [instanceIds, commandIds],
  )
  return new Map(rows.map(row => [row.command_id, row.outcome]))
}

/** Which of these uploads a command sends that has not failed. */
export async function uploadsWanted(
  database: Transaction,
  uploadIds: readonly string[],
  instanceId: string,
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ upload_id: string }>(
    `select distinct upload_id from commands where instance_id = $1 and upload_id = any($2::text[]) and state <> 'failed'`,
    [instanceId, uploadIds],
  )
  return new Set(rows.map(row => row.upload_id))
}

/** By the id of each of these uploads the last command that sends it. */
export async function lastSends(
  database: Transaction,
  instanceId: string,
  uploadIds: readonly string[],
): Promise<ReadonlyMap<string, ShownCommand>> {
  const rows = await database.query<ShownRow & { upload_id: string }>(lastSendsSql, [instanceId, uploadIds])
  return new Map(rows.map(row => [row.upload_id, shownOf(row)]))
}

/** Whose file a command sends; null: none's, or the command is forgotten. */
export async function uploadOfCommand(
  database: Transaction,
  { instanceId, commandId }: { instanceId: string; commandId: string },
): Promise<string | null> {
  const [row] = await database.query<{ upload_id: string | null }>(
    'select upload_id from commands where instance_id = $1 and command_id = $2',
    [instanceId, commandId],
  )
  return row?.upload_id ?? null
}

/** sent: WhatsApp has a message with it; sending: it has, or may have, or is about to. null: nothing of it went out, but for what has failed. */
export async function howSent(
  database: Transaction,
  { instanceId, uploadId }: { instanceId: string; uploadId: string },
): Promise<'sent' | 'sending' | null> {
  const [row] = await database.query<{ is_sent: boolean | null; is_sending: boolean | null }>(
    `select bool_or(state = 'completed') as is_sent,
       bool_or(state in ('sending', 'ending', 'untold') or (state = 'accepted' and (tries > 0 or built is not null))) as is_sending
     from commands where instance_id = $1 and upload_id = $2`,
    [instanceId, uploadId],
  )
  return row?.is_sent === true ? 'sent' : row?.is_sending === true ? 'sending' : null
}

/**
 * Newest first, before `last`; at most `limit`. What it costs is a page of each state, and of each address of a chat, however many there are.
 * `chatIds`: addresses of a chat; null: of all chats.
 */
export async function listCommands(
  database: Transaction,
  of: {
    instanceId: string
    state: ShownState | null
    chatIds: readonly string[] | null
    last: { askedAt: number; commandId: string } | null
    after: number | null
    before: number | null
    limit: number
  },
): Promise<readonly ShownCommand[]> {
  const states = allStates.filter(state => of.state === null || shownAs[state] === of.state)
  const { instanceId, chatIds, last, after, before, limit } = of
  const values = [instanceId, states, last?.askedAt ?? null, last?.commandId ?? '', after, before, limit]
  const rows =
    chatIds === null
      ? await database.query<ShownRow>(listAllSql, values)
      : await database.query<ShownRow>(listOfChatSql, [...values, [...new Set(chatIds.flatMap(lanesOf))]])
  return rows.map(shownOf)
}

/** Whether a command that is done made or joined this group: what the read model has of it may still be on its way. */
export async function didBringGroup(
  database: Transaction,
  { instanceId, groupId }: { instanceId: string; groupId: string },
): Promise<boolean> {
  const rows = await database.query(
    `select 1 from commands where instance_id = $1 and state = 'completed' and operation in ('group.create', 'group.join')
       and (outcome ->> 'result')::jsonb ->> 'groupId' = $2 limit 1`,
    [instanceId, groupId],
  )
  return rows.length > 0
}

// What follows is for whoever shows commands beside these.

export type ShownRow = Readonly<Record<'command_id' | 'event_id' | 'message_id' | 'operation' | 'chat_id', string>> & {
  state: CommandState
  tries: number
  asked_at: Date
  expires_at: Date
  ended_at: Date | null
  outcome: Outcome | null
  refusal: Outcome | null
  wait_reason: WaitReason | null
  wait_ahead: string | null
  wait_until: Date | null
}

/** Of commands `c`, and `waiting`, what each waits for (command-turns.ts). */
export const shownColumns = `c.command_id, c.event_id, c.message_id, c.operation, c.chat_id, c.state, c.tries, c.asked_at, c.expires_at, c.ended_at,
  c.outcome, c.refusal, waiting.reason as wait_reason, waiting.ahead as wait_ahead, waiting.next_at as wait_until`
const lastSendsSql = `select ${shownColumns}, c.upload_id from unnest($2::text[]) as given(upload_id) cross join lateral (
    select * from commands c where c.instance_id = $1 and c.upload_id = given.upload_id order by c.asked_at desc, c.command_id limit 1) c
  cross join lateral ${waitOf('c')} waiting`
/** The instant of a parameter in epoch ms. */
const instantOf = (ms: string, otherwise: string) => `coalesce(to_timestamp(${ms}::float8 / 1000), '${otherwise}')`
/** Of those alone that are on the page it is looked up what they wait for. */
const listSql = (lanes: string, which: string) => `select ${shownColumns} from (
  select c.* from unnest($2::text[]) as wanted(state) ${lanes} cross join lateral (
    select * from commands c where c.instance_id = $1 and c.state = wanted.state ${which}
      and (c.asked_at, c.command_id) < (${instantOf('$3', 'infinity')}, $4::text)
      and c.asked_at >= ${instantOf('$5', '-infinity')} and c.asked_at < ${instantOf('$6', 'infinity')}
    order by c.asked_at desc, c.command_id desc limit $7) c
  order by c.asked_at desc, c.command_id desc limit $7) c cross join lateral ${waitOf('c')} waiting
  order by c.asked_at desc, c.command_id desc`
const listAllSql = listSql('', '')
const listOfChatSql = listSql('cross join unnest($8::text[]) as lanes(chat_id)', 'and c.chat_id = lanes.chat_id')

/** Made outside of the migrations, because there may be millions of rows: lists of a chat. */
export const commandIndexes = [
  { name: 'commands_of_chats', table: 'commands', definition: '(instance_id, chat_id, state, asked_at desc, command_id desc)' },
]

export const shownOf = (row: ShownRow): ShownCommand => ({
  commandId: row.command_id,
  eventId: row.event_id,
  messageId: row.message_id,
  operation: row.operation,
  chatId: chatOf(row.chat_id),
  state: shownAs[row.state],
  tries: row.tries,
  acceptedAt: row.asked_at,
  queuedUntil: row.expires_at,
  endedAt: row.ended_at,
  outcome: row.ended_at === null ? null : row.outcome,
  waitsFor: row.wait_reason && {
    reason: row.wait_reason,
    nextAt: row.wait_until,
    commandId: row.wait_ahead,
    refusal: row.refusal,
  },
})
