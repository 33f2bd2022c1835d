// Of each account the commands that are next, and what these wait for: what it costs grows with the accounts, not with what waits of them.
import { boundedCount } from '../database/bounded-count.ts'
import type { Transaction } from '../database/database.ts'
import { isAhead, isWaiting, waitOf } from './command-turns.ts'
import { instancesWaiting } from './commands-at-work.ts'
import { type ShownCommand, type ShownRow, shownColumns, shownOf } from './commands-shown.ts'

/** `isPutOff`: until a time of its own; false: its turn has come, or is its account's next one. */
export type NextCommand = ShownCommand & { instanceId: string; isPutOff: boolean }

/** Of these accounts; null: of all. What was decided and is not told yet is left out. In the order of their records. */
export async function nextCommands(
  database: Transaction,
  instanceIds: readonly string[] | null,
): Promise<readonly NextCommand[]> {
  const waiting = instanceIds === null ? await allWaiting(database) : await instancesWaiting(database, instanceIds)
  if (waiting.length === 0) return []
  const rows = await database.query<NextRow>(nextSql, [waiting])
  return rows.map(row => ({ ...shownOf(row), instanceId: row.instance_id, isPutOff: row.is_put_off }))
}

/** How many commands of each of these accounts are not over, up to `most`. */
export async function countsWaiting(
  database: Transaction,
  { instanceIds, most }: { instanceIds: readonly string[]; most: number },
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ instance_id: string; count: number }>(
    `select given.instance_id, ${boundedCount(`1 from commands c where c.instance_id = given.instance_id and ${isWaiting('c')}`, most)} as count
     from unnest($1::text[]) as given(instance_id)`,
    [instanceIds],
  )
  return new Map(rows.map(row => [row.instance_id, row.count]))
}

/** From one account to the next along the index, past all that waits of each. */
async function allWaiting(database: Transaction): Promise<readonly string[]> {
  const next = (which: string) =>
    `select n.instance_id from commands n where ${isWaiting('n')} ${which} order by n.instance_id limit 1`
  const rows = await database.query<{ instance_id: string }>(
    `with recursive waiting as ((${next('')}) union all
       select (${next('and n.instance_id > waiting.instance_id')}) from waiting where waiting.instance_id is not null)
     select instance_id from waiting where instance_id is not null`,
  )
  return rows.map(row => row.instance_id)
}

type NextRow = ShownRow & { instance_id: string; is_put_off: boolean }

/** Ten chats are worked on at once; so many are shown of what is put off. */
const MOST = 10
/** Among so many the first ones of their chats are looked for: hardly any is none (command-turns.ts), and the index has them in this order. */
const AMONG = 20

/** Of one kind, as they are claimed (commands-at-work.ts): the first that were never put off, those that are due again, and those that are due soonest. */
const firstOf = (kind: string, most: number): readonly string[] => [
  firstWhere(`${kind} and c.due_at is null`, most),
  firstWhere(`${kind} and c.due_at <= now()`, most),
  firstWhere(`${kind} and c.due_at > now()`, MOST),
]

const firstWhere = (which: string, most: number): string =>
  `(select * from (select c.* from commands c where c.instance_id = given.instance_id and ${isWaiting('c')} and not c.is_behind
      and c.state <> 'ending' and ${which} order by c.due_at, c.place limit ${AMONG}) c
    where ${isAhead('c')} order by c.due_at, c.place limit ${most})`

/** What needs a turn has it one after another. */
const nextSql = `select given.instance_id, ${shownColumns}, c.state = 'accepted' and coalesce(c.due_at > now(), false) as is_put_off
  from unnest($1::text[]) as given(instance_id) cross join lateral (${[
    ...firstOf('not c.is_first and not c.is_paced', MOST),
    ...firstOf('not c.is_first and c.is_paced', 1),
    ...firstOf('c.is_first and not c.is_paced', 1),
  ].join(' union all ')}) c cross join lateral ${waitOf('c')} waiting
  order by given.instance_id, c.place`
