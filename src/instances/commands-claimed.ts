// Commands that whoever holds their account takes into its hands, under its epoch.
import type { Transaction } from '../database/database.ts'
import { isAhead, isDue, isWaiting, type Turn, turnOf } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { isLearning } from './commands-begin.ts'
import { type FirstContactPace, firstTurnAt, firstTurns, takeFirstTurns } from './first-contacts.ts'
import { heldOwner, type Owned } from './instance-owners.ts'
import { restsUntil, sayTurns } from './outgoing-turns.ts'

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
  /** Of its chat, where nothing of it was built: in seconds; null: what is written there does not disappear. */
  timer_seconds: number | null
}
/** SQL of a value: the timer of a chat, in seconds; null: none. Arguments are SQL. */
export type ChatTimer = (instance: string, chat: string) => string

/**
 * Of each chat the first command that is not over, where it is due; those of `busy` chats are left alone. One that this epoch has already is
 * answered again: its answer was lost. At most `limit`, oldest first; none where a newer epoch owns the instance, or while the log is to say what
 * came of some. Of those that wait for a turn of the account's pace at most `turns`, each once; of first messages as many as `firsts` lets go now; of neither any while the account rests. What it
 * costs grows neither with the commands that wait nor with their chats: of each kind the index has the next ones. `turnAt`: when the account's next turn
 * is, epoch ms, for whoever asks; null: now. `chatTimer` [there is none]: read with it, as what waits before in its chat is over by then. Not in a transaction: its commit alone is not waited for. Nothing leaves the process, and nothing is
 * decided, before a statement that finds the claim in its row and is waited for, and with it the claim: one that Postgres forgets in its death is a
 * claim of nobody, and is made again.
 */
export async function claimCommands(
  database: Transaction,
  { instanceId, epoch }: Owned,
  { busy, limit, turns, turnAt, firsts, chatTimer = noTimer }: Claim,
): Promise<readonly ClaimedCommand[]> {
  const values = [instanceId, epoch, busy, limit, turns, firsts.spacingMs, firsts.perDay, turnAt ?? null]
  return database.query<ClaimedCommand>(claimSqlWith(chatTimer), values)
}

type Claim = {
  busy: readonly string[]
  limit: number
  turns: number
  turnAt?: number | null
  firsts: FirstContactPace
  chatTimer?: ChatTimer
}
const noTimer: ChatTimer = () => 'null::integer'

const pace = { spacingMs: '$6', perDay: '$7' }
const found = `select c.command_id, c.chat_id, c.place, c.state = 'sending' as is_left, ${turnOf('c')} as turn from commands c
    where c.instance_id = $1 and ${isWaiting('c')} and ${isAhead('c')} and not (c.chat_id = any($3::text[])) and ${isDue('c', '$2')}`

/** Those that were never put off, and those that are due again: neither kind hides the other. */
const nextOf = (kind: string, most: string): string =>
  ['c.due_at is null', 'c.due_at <= now()']
    .map(when => `(${found} and ${kind} and ${when} order by c.due_at, c.place limit ${most})`)
    .join(' union ')

/** Selected with what is written; until the transaction is over. */
export const unwaited = `set_config('synchronous_commit', 'off', true)`
const known = new WeakMap<ChatTimer, string>()

/** Composed once for each. */
function claimSqlWith(chatTimer: ChatTimer): string {
  const sql = known.get(chatTimer) ?? claimSql(chatTimer)
  known.set(chatTimer, sql)
  return sql
}

/** `unwaited` is selected of the row of its owner, without which nothing is claimed. */
const claimSql = (
  chatTimer: ChatTimer,
) => `with held as (select ${unwaited} from (${heldOwner('$1', '$2')}) owner where not ${isLearning}), turn_of_first as materialized (
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
  coalesce((select (extract(epoch from rests_until - now()) * 1000)::float8 from turns), 0) as rests_ms, due.turn,
  case when c.built is null then ${chatTimer('c.instance_id', "(c.body ->> 'chatId')")} end as timer_seconds`
