// Which of the commands that wait may go next, and what each of the others waits for: said once, in SQL, for whoever claims them and for whoever
// shows them. Arguments are SQL.
import type { Transaction } from '../database/database.ts'
import type { Write } from '../database/statement-parts.ts'
import { asRows } from '../database/statement-parts.ts'
import { unseen } from '../database/unseen.ts'
import { isLearning } from './commands-begin.ts'
import { isFirstIn } from './first-contacts.ts'
import { turnsOf } from './outgoing-turns.ts'
import { isInPreparation } from './uploads-sent.ts'

/** Which one a command is claimed for. paced: a turn of the account's pace; first: one of first messages; none: it needs none, or had it. */
export type Turn = 'none' | 'paced' | 'first'

/** Of commands `c`: not over. */
export const isWaiting = (c: string): string => `${c}.state in ('accepted', 'sending', 'ending')`

/** Of the chat of `c`, the one that all others of it wait for. */
const first = (c: string, column: 'command_id' | 'place'): string =>
  `(select ahead.${column} from commands ahead where ahead.instance_id = ${c}.instance_id and ahead.chat_id = ${c}.chat_id and ${isWaiting('ahead')}
    order by ahead.place limit 1)`

/** Those that are marked as behind another one are; of all others the index of chats tells. */
export const isAhead = (c: string): string => `not ${c}.is_behind and ${c}.place = ${first(c, 'place')}`

/** What is put off until later is not due; what is in another owner's hands is nobody else's. */
export const isDue = (c: string, epoch: string): string =>
  `((${c}.state = 'accepted' and coalesce(${c}.due_at <= now(), true)) or (${c}.state in ('sending', 'ending') and coalesce(${c}.epoch <= ${epoch}, true)))`

/** A first message whose chat had another one meanwhile is one like any other; one whose time is over needs no turn to be told so. */
export const turnOf = (c: string): string =>
  `case when ${c}.state <> 'accepted' or ${c}.expires_at < now() or not (${c}.is_paced or ${c}.is_first) then 'none'
    when ${c}.is_first and ${isFirstIn(`${c}.instance_id`, `${c}.chat_id`)} then 'first' else 'paced' end`

/** What put it off, in the words of `waitsForWords`. */
export type PutOffFor = 'media' | 'pace' | 'rate-limited' | 'retry'

/** For `from`: of a row `c` what it waits for, until when, as far as that is known, and for which command. `reason` null: it is over. */
export const waitOf = (c: string): string => `(select w.reason,
    case w.reason when 'earlier-command' then w.ahead end as ahead,
    case when w.reason in ('log', 'sending', 'earlier-command', 'start') then null
      when w.is_put_off then ${c}.due_at
      when w.reason = 'rate-limited' then w.rests_until
      when w.reason = 'first-contact-pace' then w.first_at
      when w.reason = 'pace' then w.turn_at end as next_at
  from (select case
      when ${c}.state in ('completed', 'failed') then null
      when ${c}.state in ('asked', 'ending', 'untold') or (${c}.state = 'accepted' and ${isLearning}) then 'log'
      when ${c}.state = 'sending' then case when ${c}.upload_id is not null and ${c}.built is null then 'media' else 'sending' end
      when of_chat.ahead <> ${c}.command_id then 'earlier-command'
      when ${c}.due_at > now() then coalesce(${c}.waits_for, 'retry')
      when ${c}.upload_id is not null and ${c}.built is null and ${isInPreparation(`${c}.upload_id`)} then 'media'
      when of_chat.turn = 'none' then 'start'
      when of_account.rests_until is not null then 'rate-limited'
      when of_chat.turn = 'first' then 'first-contact-pace'
      else 'pace' end as reason, ${c}.state = 'accepted' and coalesce(${c}.due_at > now(), false) as is_put_off, of_chat.ahead, of_account.*
    from (select ${turnOf(c)} as turn, ${first(c, 'command_id')} as ahead) of_chat, ${turnsOf(`${c}.instance_id`)} of_account) w)`

/**
 * In each of these chats the first one that waits is behind none. After every change that may have ended the first one, in the same transaction or
 * behind it; whoever adds one to a chat holds the last one of that (commands.ts), so that neither overlooks the other.
 */
export const settleChats = (chats: readonly { instanceId: string; chatId: string }[]): Write => ({
  sql: settleSql('json_to_recordset($1::json) as given(instance_id text, chat_id text)'),
  values: [asRows(chats.map(({ instanceId, chatId }) => ({ instance_id: instanceId, chat_id: chatId })))],
  isEmpty: chats.length === 0,
})

/** The same of the chats that these commands are in. Answers whether any of them has something that waits. */
export async function settleBehind(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<boolean> {
  const [row] = await database.query<{ is_more: boolean }>(settleBehindSql, [instanceId, commandIds])
  return row?.is_more === true
}

/** The same of all chats of an instance: who held it before may have died between two steps. What it costs grows with the chats that wait. */
export async function settleAll(database: Transaction, instanceId: string): Promise<void> {
  await database.query(settleAllSql, [instanceId])
}

/** A first message whose chat had another one meanwhile waits for no turn of its own any more. `given`: rows (instance_id, chat_id). */
const settleSql = (given: string) => `update commands c set is_behind = false,
    is_first = c.is_first and ${isFirst}, is_paced = c.is_paced or (c.is_first and not ${isFirst})
  from ${given} cross join lateral (select f.command_id from commands f
    where f.instance_id = given.instance_id and f.chat_id = given.chat_id and ${isWaiting('f')} order by f.place limit 1) head
  where c.instance_id = given.instance_id and c.command_id = head.command_id and (c.is_behind or (c.is_first and not ${isFirst}))`
const isFirst = isFirstIn('c.instance_id', 'c.chat_id')

const settleBehindSql = `with given as (
    select distinct e.instance_id, e.chat_id from commands e
    where e.instance_id = $1 and e.command_id = any(array(select unnest(${unseen('$2::text[]')})))
  ), settled as (${settleSql('given')})
  select exists (select from given join commands w using (instance_id, chat_id) where ${isWaiting('w')}) as is_more`

const chatsOf = (which: string) =>
  `select n.chat_id from commands n where n.instance_id = $1 and ${isWaiting('n')} ${which} order by n.chat_id limit 1`
const settleAllSql = `with recursive chats as ((${chatsOf('')}) union all
    select (${chatsOf('and n.chat_id > chats.chat_id')}) from chats where chats.chat_id is not null)
  ${settleSql('(select $1::text as instance_id, chats.chat_id from chats where chats.chat_id is not null) given')}`
