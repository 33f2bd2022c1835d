// Commands of a database that is lost, or of a later state of this one (commands-begin.ts), as rows: what came of each is taken from the log. Where that
// says nothing it is told as unknown, or, of this one's own, goes on as what somebody who died had in hand. Until then it is no more over than one
// whose outcome is on its way through the log.
import type { Transaction } from '../database/database.ts'
import { asRows, writeTogether } from '../database/statement-parts.ts'
import type { EventOf } from '../events/event.ts'
import { albumOperation } from '../events/operations.ts'
import { isPurged } from '../purge/tombstones.ts'
import { settleChats } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { commandEndsChannel, type EndedCommand, endedColumns } from './commands-at-work.ts'
import { isOwn } from './commands-begin.ts'
import { isKept } from './instance-ids.ts'
import { markSent } from './uploads-sent.ts'

const isUntold = (c: string): string => `${c}.state = 'untold'`

export type ToldOutcome = EventOf<'command.completed' | 'command.failed'>

/** As the log says. Of other commands none changes. */
export async function takeOutcomes(tx: Transaction, told: readonly ToldOutcome[]): Promise<void> {
  if (told.length === 0) return
  const rows = told.map(event => ({
    ...{ instance_id: event.instanceId, command_id: event.commandId, tries: event.tries, outcome: outcomeOf(event) },
    ...{ state: event.type === 'command.completed' ? 'completed' : 'failed', ended_at: event.occurredAt },
  }))
  await tx.query(
    `with taken as (
       update commands c set state = n.state, outcome = n.outcome, tries = n.tries, ended_at = to_timestamp(n.ended_at / 1000)
       from json_to_recordset($1::json) as n(instance_id text, command_id text, tries integer, outcome jsonb, state text, ended_at double precision)
       where c.instance_id = n.instance_id and c.command_id = n.command_id and ${isUntold('c')}
       returning c.state, c.upload_id, pg_notify('${commandEndsChannel}', c.command_id))
     ${markSent("(select upload_id from taken where state = 'completed')")}`,
    [asRows(rows)],
  )
}

function outcomeOf(event: ToldOutcome): Outcome {
  const at = event.occurredAt
  if (event.type === 'command.completed')
    return { type: event.type, at, saidAt: null, ...(event.result != null && { result: event.result }) }
  const { reason, reasonText, code } = event
  return { type: event.type, at, reason, reasonText, code: code ?? null }
}

/** Where a walk over all commands is. */
export type Walked = { instanceId: string; commandId: string }

type Lost = EndedCommand & { instance_id: string }

/**
 * Of the next `limit` commands those that are untold: `lost` are told by whoever asks, in this transaction; the others go on. `walked` null: those were
 * the last.
 */
export async function takeUntold(
  tx: Transaction,
  { instanceId, commandId }: Walked,
  { limit, partitionOf }: { limit: number; partitionOf(key: string): number },
): Promise<{ lost: readonly Lost[]; walked: Walked | null }> {
  const page = await tx.query<{ instance_id: string; command_id: string; is_untold: boolean }>(
    `select c.instance_id, c.command_id, ${isUntold('c')} and not ${isPurged('c.instance_id')} as is_untold from commands c
     where (c.instance_id, c.command_id) > ($1, $2) order by c.instance_id, c.command_id limit $3`,
    [instanceId, commandId, limit],
  )
  const untold = [asRows(page.filter(row => row.is_untold).map(row => ({ ...row, partition: partitionOf(row.instance_id) })))]
  const goingOn = await tx.query<InChat>(goOnSql, untold)
  const lost = await tx.query<Lost>(
    `update commands c set state = 'failed', ended_at = now() from ${given}
     where c.instance_id = n.instance_id and c.command_id = n.command_id and ${isUntold('c')}
     returning c.instance_id, ${endedColumns}, pg_notify('${commandEndsChannel}', c.command_id)`,
    untold,
  )
  const chats = [...goingOn, ...lost].map(one => ({ instanceId: one.instance_id, chatId: one.chat_id }))
  await writeTogether(tx, [settleChats(chats)])
  const last = page.length < limit ? undefined : page.at(-1)
  return { lost, walked: last === undefined ? null : { instanceId: last.instance_id, commandId: last.command_id } }
}

type InChat = { instance_id: string; chat_id: string }

const given = 'json_to_recordset($1::json) as n(instance_id text, command_id text, partition integer)'

/**
 * Nothing in the log says what came of these, so that they hardly were tried: a message goes out under its id, which phones show once; anything else counts
 * as tried, so that its action says whether it may be done again. What is said to a later try says nothing of an earlier one. None of an instance that
 * was made since: under its id another account may be paired.
 */
const goOnSql = `update commands c set state = 'accepted', outcome = null, refusal = null, due_at = null, is_unanswered = true,
    tries = case when c.message_id = '' and c.operation <> '${albumOperation}' then greatest(c.tries, 1) else c.tries end
  from ${given}
  where c.instance_id = n.instance_id and c.command_id = n.command_id and ${isUntold('c')} and ${isOwn('n.partition', 'c.place')}
    and (c.message_id = '' or c.expires_at > now()) and ${isKept('c.instance_id')}
  returning c.instance_id, c.chat_id`

/** What comes of one whose time is over before the log said anything of it. */
const unknown = {
  type: 'command.failed',
  reason: 'outcome-unknown',
  reasonText: 'Its database went back to an earlier state, and nothing in the log says what came of it.',
  code: null,
} as const

/** All that wait are to be learnt from the log, or go on; what was decided is told, again under the same id. Answers how many. */
export async function loseWaiting(tx: Transaction): Promise<number> {
  const rows = await tx.query(
    `update commands set state = 'untold', outcome = $1::jsonb || jsonb_build_object('at', floor(extract(epoch from now()) * 1000))
     where state in ('accepted', 'sending') returning 1`,
    [JSON.stringify(unknown)],
  )
  return rows.length
}

type Named = Pick<ToldOutcome, 'instanceId' | 'commandId'>

/**
 * One of these ended in the log without having been decided here, which is durable before it is told: this database was later than it is. So it was where
 * it is still to learn what came of one, as what it has to learn that from lies before.
 */
export async function isForgotten(database: Transaction, told: readonly Named[]): Promise<boolean> {
  if (told.length === 0) return false
  const found = await database.query(
    `select from ${given} left join commands c on c.instance_id = n.instance_id and c.command_id = n.command_id
     where c.state in ('asked', 'accepted', 'sending', 'untold') or (c.command_id is null and not ${isPurged('n.instance_id')}) limit 1`,
    [asRows(told.map(one => ({ instance_id: one.instanceId, command_id: one.commandId })))],
  )
  return found.length > 0
}
