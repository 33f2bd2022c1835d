// Commands that a client takes back: those of which WhatsApp can have nothing. Cancelling and giving to WhatsApp change one row: whichever comes first
// decides, and whoever comes second finds that it did, in whichever epoch and process. What an album is made of goes with it.
import type { Transaction } from '../database/database.ts'
import { asRows, writeTogether } from '../database/statement-parts.ts'
import { keptBodyIn } from '../events/command-bodies.ts'
import { albumOperation } from '../events/operations.ts'
import { albumParts } from './album-parts.ts'
import { lanesOf } from './command-lanes.ts'
import { mayBeThere } from './command-tries.ts'
import { settleChats } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { commandEndsChannel, type EndedCommand, endedColumns } from './commands-at-work.ts'
import { giveFirstTurnsBack } from './first-contacts.ts'

export type CancelledCommand = EndedCommand & { instance_id: string; upload_id: string | null }

/** `chatIds`: addresses of a chat; null: of all chats. `askedBefore`: epoch ms, so that what is asked for meanwhile is not meant. */
export type Which = { commandId: string } | { chatIds: readonly string[] | null; askedBefore: number }

/**
 * Their chats go on. At most `limit` are looked for, of each chat the last ones first, so that none of them goes out while those before it are
 * cancelled; with the marker of an album, or the album as a whole, all of it is meant, and the marker goes with the last of its items that was not over:
 * phones would show an empty album. The whole has failed with them where its marker has, so that nothing of it went out; else it is left to who ends
 * albums.
 */
export async function cancelCommands(
  tx: Transaction,
  { instanceId, outcome, limit, ...which }: Which & { instanceId: string; outcome: Outcome; limit: number },
): Promise<readonly CancelledCommand[]> {
  const isOne = 'commandId' in which
  const wanted = isOne
    ? await tx.query<Wanted>(oneSql, [instanceId, which.commandId])
    : await tx.query<Wanted>(allSql, [instanceId, which.chatIds?.flatMap(lanesOf) ?? null, which.askedBefore, limit])
  const albums = albumsOf(instanceId, wanted)
  const parts = albums.flatMap(({ whole, marker, items }) => [whole, marker, ...items])
  const isItemAlone = isOne && wanted.some(one => one.is_item)
  const meant = [...wanted.map(one => one.command_id), ...(isItemAlone ? [] : parts)]
  if (meant.length === 0) return []
  const ids = [...new Set(meant), ...new Set(parts)]
  const items = albums.flatMap(({ whole, marker, items }) => items.map(item => ({ whole, marker, item })))
  const cancelled = await tx.query<CancelledCommand>(cancelSql, [instanceId, JSON.stringify(outcome), ids, meant, asRows(items)])
  await writeTogether(tx, [settleChats(cancelled.map(row => ({ instanceId, chatId: row.chat_id })))])
  return cancelled
}

/** `album`: the body of an album, or of the marker that it is or follows. */
type Wanted = { command_id: string; operation: string; is_item: boolean; album: unknown }
/** Commands: the whole, its marker, and its items. */
type Album = { whole: string; marker: string; items: readonly string[] }

/** Each once, however many of its items are wanted. */
function albumsOf(instanceId: string, wanted: readonly Wanted[]): readonly Album[] {
  const albums = wanted.flatMap(one => albumIn(instanceId, one))
  return [...new Map(albums.map(album => [album.whole, album])).values()]
}

function albumIn(instanceId: string, { command_id, operation, album }: Wanted): readonly Album[] {
  const body = keptBodyIn(album)
  const whole = operation === albumOperation ? command_id : body?.known?.partOf
  if (body?.kind !== 'album' || whole === undefined) return []
  const [marker = '', ...items] = albumParts({ instanceId, commandId: whole, body }).map(({ ids }) => ids.commandId)
  return [{ whole, marker, items }]
}

/**
 * Never given to WhatsApp, or refused by it each time: nothing of it is there. What has no id there may be there in part; what an album is made of
 * has rows of its own, and is told apart.
 */
const isBack = (c: string) => `${c}.state in ('asked', 'accepted', 'sending')
  and (${c}.tries = 0 or not (${mayBeThere(c)} or coalesce((${c}.refusal ->> 'isPartly')::boolean, false)))`

const itemsMarker = `w.body #>> '{known,album,commandId}'`
const wantedColumns = `w.command_id, w.operation, ${itemsMarker} is not null as is_item, case when w.body ->> 'kind' = 'album' then w.body
    else (select m.body from commands m where m.instance_id = w.instance_id and m.command_id = ${itemsMarker}) end as album`
const oneSql = `select ${wantedColumns} from commands w where w.instance_id = $1 and w.command_id = $2 and w.state in ('asked', 'accepted', 'sending')`
const allSql = `select ${wantedColumns} from commands w
  where w.instance_id = $1 and ${isBack('w')} and w.operation <> '${albumOperation}'
    and ($2::text[] is null or w.chat_id = any($2)) and w.asked_at <= to_timestamp($3::float8 / 1000)
  order by w.place desc nulls first limit $4`

/**
 * An album that is only asked for has no parts yet, which its record brings. Rows are held in one order, whoever cancels, and of an album all of them:
 * of two who cancel its last items each sees what the other did.
 */
const cancelSql = `with held as materialized (
  select c.command_id, c.operation, c.state, c.chat_id, ${isBack('c')} as is_back, c.took_first and c.tries = 0 as gives_turn,
    c.state = 'failed' and c.outcome ->> 'reason' = 'cancelled' as was_cancelled, c.state in ('completed', 'failed') as is_over,
    c.command_id = any($4::text[]) as is_meant
  from commands c where c.instance_id = $1 and c.command_id = any($3::text[]) order by c.chat_id, c.place for update
), asked_for as (
  select h.command_id, h.chat_id, h.gives_turn from held h where h.is_meant and h.is_back and h.operation <> '${albumOperation}'
), emptied as (
  select a.whole, a.marker from json_to_recordset($5::json) as a(whole text, marker text, item text) left join held i on i.command_id = a.item
  group by a.whole, a.marker having bool_and(coalesce(i.is_over or i.command_id in (select command_id from asked_for), true))
), back as (
  select * from asked_for
  union all select m.command_id, m.chat_id, m.gives_turn from emptied e join held m on m.command_id = e.marker where m.is_back
  union all select w.command_id, w.chat_id, false
  from emptied e join held w on w.command_id = e.whole join held m on m.command_id = e.marker
  where w.is_back and w.state <> 'asked' and (m.is_back or m.was_cancelled)
), given_back as (
  ${giveFirstTurnsBack('$1', '(select distinct b.chat_id from back b where b.gives_turn)')}
)
update commands c set state = 'failed', ended_at = now(), outcome = case when c.refusal is null then $2::jsonb
    else $2::jsonb || jsonb_build_object('reasonText', 'It was cancelled after this: ' || (c.refusal ->> 'reasonText')) end
  from (select distinct command_id from back) back
  where c.instance_id = $1 and c.command_id = back.command_id and ${isBack('c')}
  returning c.instance_id, c.upload_id, ${endedColumns}, pg_notify('${commandEndsChannel}', c.command_id), pg_notify('commands', c.instance_id)`

type Chat = { instanceId: string; chatId: string }

/** All that are known of a chat: what was asked for before two of them were known to be one waits under either. */
export async function addressesOfChat(database: Transaction, chat: Chat): Promise<readonly string[]> {
  const [addresses] = await addressesOfChats(database, [chat])
  return addresses ?? [chat.chatId]
}

/** Of each of these, in their order. */
export async function addressesOfChats(database: Transaction, chats: readonly Chat[]): Promise<readonly (readonly string[])[]> {
  if (chats.length === 0) return []
  const rows = await database.query<{ addresses: readonly string[] }>(
    `select addresses_of(given.instance_id, given.chat_id) as addresses
     from unnest($1::text[], $2::text[]) with ordinality as given(instance_id, chat_id, nth) order by given.nth`,
    [chats.map(chat => chat.instanceId), chats.map(chat => chat.chatId)],
  )
  return chats.map(({ chatId }, nth) => [...new Set([chatId, ...(rows[nth]?.addresses ?? [])])])
}

/** Which of these are over by now. */
export async function endedAmong(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<readonly string[]> {
  const rows = await database.query<{ command_id: string }>(
    `select command_id from commands where instance_id = $1 and command_id = any($2::text[]) and state in ('completed', 'failed')`,
    [instanceId, commandIds],
  )
  return rows.map(row => row.command_id)
}
