// The table first_contacts: who got a first message of an account, and when. A first message waits for a turn of its own: so many a minute, one after
// another, and so many a day. This file alone reads and writes it; turns are counted and taken in the statement that claims commands.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'

/** `spacingMs` 0, `perDay` 0: as many as there are. */
export type FirstContactPace = { spacingMs: number; perDay: number }

// What follows is for the SQL of others; arguments are SQL.

/** Nobody was written to first in this chat, as far as is known. A value for each row, which no plan reads the whole table for. */
export const isFirstIn = (instanceId: string, chatId: string): string =>
  `(select 1 from first_contacts f where f.instance_id = ${instanceId} and f.chat_id = ${chatId}) is null`

const many = 1_000_000

type PaceSql = { spacingMs: string; perDay: string }

/** When the next first message of an instance may go out, such as in the past; null: none was ever sent. */
export const firstTurnAt = (instanceId: string, { spacingMs, perDay }: PaceSql): string => `greatest(
    (select max(f.at) from first_contacts f where f.instance_id = ${instanceId}) + ${spacingMs}::float8 * interval '1 ms',
    case when ${perDay}::bigint > 0 then (select f.at + interval '1 day' from first_contacts f where f.instance_id = ${instanceId}
      order by f.at desc offset greatest(${perDay}::bigint - 1, 0) limit 1) end)`

/** How many may go out now, where `turnAt` is when the next one may. */
export const firstTurns = (instanceId: string, { spacingMs, perDay, turnAt }: PaceSql & { turnAt: string }): string =>
  `case when ${turnAt} > now() then 0
    else least(case when ${spacingMs}::float8 = 0 then ${many} else 1 end, case when ${perDay}::bigint = 0 then ${many} else ${perDay}::bigint - (
      select count(*) from (select from first_contacts f where f.instance_id = ${instanceId} and f.at > now() - interval '1 day'
        limit ${perDay}::bigint) of_a_day) end) end`

/** `chats`: rows with a chat_id, of one instance each of them once. */
export const takeFirstTurns = (instanceId: string, chats: string): string =>
  `insert into first_contacts (instance_id, chat_id) select ${instanceId}, given.chat_id from ${chats} given
   on conflict (instance_id, chat_id) do nothing`

/** The same `chats`: nothing was sent there. */
export const giveFirstTurnsBack = (instanceId: string, chats: string): string =>
  `delete from first_contacts f using ${chats} given where f.instance_id = ${instanceId} and f.chat_id = given.chat_id`

/** Those of [14 d] ago; answers how many. The read model has what came of them. */
export async function forgetFirstContacts(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(
    `with gone as (
       delete from first_contacts where ctid = any(array(
         select ctid from first_contacts where at < now() - interval '14 days' limit $1)) and at < now() - interval '14 days' returning 1)
     select count(*)::int as gone from gone`,
    [maxRows],
  )
  return row?.gone ?? 0
}

export const firstContactsErasure = rowsOf('first_contacts')
