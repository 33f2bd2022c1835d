// Albums as wholes, where nobody sends anything more of them: given up with their account, or past their time. What they are made of is over before.
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import { albumOperation } from '../events/operations.ts'
import { isPurged } from '../purge/tombstones.ts'
import { albumOutcomes, type WholeAlbum } from './album-outcome.ts'
import { isAhead, isWaiting } from './command-turns.ts'
import { commandEndsChannel, type EndedCommand, type EndingCommand, endedColumns, settleEnded } from './commands-at-work.ts'
import { isOwner, type Owned } from './instance-owners.ts'

/** Under its owner, once all else that waits is given up; what was decided of one stays. None where a newer epoch owns it. `at`: epoch ms. */
export async function giveUpAlbums(
  database: Transaction,
  { instanceId, epoch, at }: Owned & { at: number },
  limit: number,
): Promise<readonly EndingCommand[]> {
  const albums = await database.query<WholeAlbum>(
    `select w.instance_id, w.command_id, w.body from commands w where w.instance_id = $1 and w.operation = '${albumOperation}' and ${isWaiting('w')}
     order by w.chat_id, w.place limit $2`,
    [instanceId, limit],
  )
  return database.query<EndingCommand>(
    `with given_up as (
       update commands c set state = 'ending', epoch = $2, outcome = coalesce(c.outcome, n.outcome)
       from json_to_recordset($3::json) as n(command_id text, outcome jsonb)
       where c.instance_id = $1 and c.command_id = n.command_id and ${isWaiting('c')} and ${isOwner('$1', '$2')}
       returning ${endedColumns}, c.built, c.place)
     select * from given_up order by chat_id, place`,
    [instanceId, epoch, await withOutcomes(database, albums, at)],
  )
}

/** As `expireCommands` does it, of the chats that wait for nothing else before them. */
export async function expireAlbums(
  tx: Transaction,
  { live, limit, at }: { live: readonly string[]; limit: number; at: number },
): Promise<readonly (EndedCommand & { instance_id: string })[]> {
  const albums = await tx.query<WholeAlbum>(
    `select w.instance_id, w.command_id, w.body from commands w where w.operation = '${albumOperation}' and ${isWaiting('w')} and ${isAhead('w')}
       and w.expires_at < now() - interval '1 minute' and not (w.instance_id = any($1::text[])) and not ${isPurged('w.instance_id')}
     order by w.expires_at, w.place limit $2 for update skip locked`,
    [live, limit],
  )
  if (albums.length === 0) return []
  const late = await tx.query<EndedCommand & { instance_id: string }>(
    `update commands c set ended_at = now(), outcome = coalesce(c.outcome, n.outcome),
       state = case coalesce(c.outcome, n.outcome) ->> 'type' when 'command.completed' then 'completed' else 'failed' end
     from json_to_recordset($1::json) as n(instance_id text, command_id text, outcome jsonb)
     where c.instance_id = n.instance_id and c.command_id = n.command_id
     returning c.instance_id, ${endedColumns}, pg_notify('${commandEndsChannel}', c.command_id)`,
    [await withOutcomes(tx, albums, at)],
  )
  await settleEnded(tx, late)
  return late
}

/** Those of which something is not over yet are left out. */
async function withOutcomes(database: Transaction, albums: readonly WholeAlbum[], at: number): Promise<string> {
  const outcomes = await albumOutcomes(database, albums, at)
  const rows = albums.map(({ instance_id, command_id }, nth) => ({ instance_id, command_id, outcome: outcomes[nth] ?? null }))
  return asRows(rows.filter(row => row.outcome !== null))
}
