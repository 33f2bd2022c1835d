// Commands of a database that is lost (commands-begin.ts), as rows of the one that read them from the log: what came of each is taken from the log,
// or told as unknown. Until then it is no more over than one whose outcome is on its way through the log.
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import type { EventOf } from '../events/event.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { Outcome } from './commands.ts'
import { commandEndsChannel, type EndedCommand, endedColumns } from './commands-at-work.ts'

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
    `update commands c set state = n.state, outcome = n.outcome, tries = n.tries, ended_at = to_timestamp(n.ended_at / 1000)
     from json_to_recordset($1::json) as n(instance_id text, command_id text, tries integer, outcome jsonb, state text, ended_at double precision)
     where c.instance_id = n.instance_id and c.command_id = n.command_id and ${isUntold('c')}
     returning pg_notify('${commandEndsChannel}', c.command_id)`,
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

/** Of the next `limit` commands those that are untold, which are told by whoever asks, in this transaction. `walked` null: those were the last. */
export async function takeUntold(
  tx: Transaction,
  { instanceId, commandId }: Walked,
  limit: number,
): Promise<{ lost: readonly (EndedCommand & { instance_id: string })[]; walked: Walked | null }> {
  const page = await tx.query<{ instance_id: string; command_id: string; is_untold: boolean }>(
    `select c.instance_id, c.command_id, ${isUntold('c')} and not ${isPurged('c.instance_id')} as is_untold from commands c
     where (c.instance_id, c.command_id) > ($1, $2) order by c.instance_id, c.command_id limit $3`,
    [instanceId, commandId, limit],
  )
  const untold = page.filter(row => row.is_untold)
  const lost = await tx.query<EndedCommand & { instance_id: string }>(
    `update commands c set state = 'failed', ended_at = now() from json_to_recordset($1::json) as n(instance_id text, command_id text)
     where c.instance_id = n.instance_id and c.command_id = n.command_id and ${isUntold('c')}
     returning c.instance_id, ${endedColumns}, pg_notify('${commandEndsChannel}', c.command_id)`,
    [asRows(untold)],
  )
  const last = page.length < limit ? undefined : page.at(-1)
  return { lost, walked: last === undefined ? null : { instanceId: last.instance_id, commandId: last.command_id } }
}
