// Commands as clients see them, one or a page.
import type { Transaction } from '../database/database.ts'
import type { commandStates } from '../events/vocabulary.ts'
import type { CommandIds } from './command-ids.ts'
import { chatOf } from './command-lanes.ts'
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
  chatId: chatOf(row.chat_id),
  state: shownAs[row.state],
  tries: row.tries,
  acceptedAt: row.asked_at,
  queuedUntil: row.expires_at,
  endedAt: row.ended_at,
  outcome: row.ended_at === null ? null : row.outcome,
})
