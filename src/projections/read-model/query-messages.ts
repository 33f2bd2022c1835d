// Messages as the API answers them: current text, what was said of them and done to them, and the state of the file, under whichever address they
// are asked for.
import type { Transaction } from '../../database/database.ts'
import { storableId } from '../../events/storable-ids.ts'
import { type AnswerOf, answerOf, jsonOf, selectOf } from './columns.ts'
import { describeMedia, hasMedia, type MediaAnswer, type MediaRow, selectMedia } from './describe-media.ts'
import { type ListRequest, orderOf, type PlacedRow, placeOf, selectPage } from './list-by-message.ts'
import { markColumns, messageColumns, type Reaction, type Receipt, reactionColumns, receiptColumns } from './message-columns.ts'
import { type MessageFilter, messageTerms } from './message-terms.ts'
import { type Bindings, createBindings, type Page, pageOrder, toPage } from './page.ts'
import { findPage } from './search-messages.ts'
import { answersOfMessage, describeSaidTo, type SaidTo, type SaidToRow, votesOfMessage } from './votes-of-message.ts'

export type MessageAnswer = AnswerOf<typeof messageColumns> &
  AnswerOf<typeof markColumns> &
  SaidTo & {
    reactions: Reaction[]
    /** The greatest that any participant's receipt says; null where there is none. */
    status: string | null
    receipts: Receipt[]
    media: MediaAnswer | null
  }

type MessagesRequest = ListRequest & MessageFilter & { q?: string | null }

export async function listMessages(database: Transaction, request: MessagesRequest): Promise<Page<MessageAnswer>> {
  const bindings = createBindings()
  const wanted = await selectWanted(database, request, bindings)
  const rows = await readMessages(database, wanted, { ...bindings, orderBy: pageOrder(request, orderOf('m')) })
  return toPage(rows, request, { place: placeOf, item: describeMessage })
}

async function selectWanted(database: Transaction, { q, ...request }: MessagesRequest, bindings: Bindings): Promise<string> {
  if (q != null) return `select unnest(${bindings.bind(await findPage(database, { ...request, q }))}::text[]) as event_id`
  return selectPage({ table: 'messages', request, terms: messageTerms(request, 'm', bindings) }, bindings)
}

/** By WhatsApp's id or the event's. Of several messages with one id the oldest: a stranger who repeats an id hides nothing. */
export async function getMessage(
  database: Transaction,
  of: { instanceId: string; messageId: string; chatId?: string | null },
): Promise<MessageAnswer | null> {
  const bindings = createBindings()
  const { bind } = bindings
  const id = bind(storableId(of.messageId))
  const inChat = of.chatId == null ? '' : `and m.chat_id = any (addresses_of(m.instance_id, ${bind(of.chatId)}))`
  const wanted = `
    select m.event_id from messages m
    where m.instance_id = ${bind(of.instanceId)} and (m.message_id = ${id} or m.event_id = ${id}) ${inChat}
    order by m.undecryptable is not null, m.occurred_at, m.epoch, m.sequence, m.ordinal limit 1`
  const [row] = await readMessages(database, wanted, { ...bindings, orderBy: 'm.event_id' })
  return row === undefined ? null : describeMessage(row)
}

/** Of a chat, the one that phones name to be told of older ones; in a group one whose author is known. */
export async function getOldestMessage(
  database: Transaction,
  { instanceId, chatId }: { instanceId: string; chatId: string },
): Promise<MessageAnswer | null> {
  const bindings = createBindings()
  const instance = bindings.bind(instanceId)
  const wanted = `
    select found.event_id from unnest(addresses_of(${instance}, ${bindings.bind(chatId)})) as a(address)
    cross join lateral (
      select m.event_id, m.occurred_at, m.epoch, m.sequence, m.ordinal from messages m
      where m.instance_id = ${instance} and m.chat_id = a.address and (not m.is_group or m.from_me or m.sender_id is not null)
      order by ${oldestFirst('m')} limit 1) found
    order by ${oldestFirst('found')} limit 1`
  const [row] = await readMessages(database, wanted, { ...bindings, orderBy: 'm.event_id' })
  return row === undefined ? null : describeMessage(row)
}

/** The list's order from its end: the same index answers it. */
const oldestFirst = (alias: string): string => {
  const { at, arrival, id } = orderOf(alias)
  return [at, ...arrival, id].join(', ')
}

type MessageRow = PlacedRow & MediaRow & SaidToRow & { reactions: readonly Reaction[]; receipts: readonly Receipt[] }

const readMessages = (
  database: Transaction,
  wanted: string,
  { values, orderBy }: Bindings & { orderBy: string },
): Promise<readonly MessageRow[]> =>
  database.query<MessageRow>(
    `with wanted as (${wanted})
     select ${selectOf(messageColumns, 'm')}, ${selectOf(markColumns, 'm')}, m.epoch, m.ordinal, ${selectMedia}, r.reactions, s.receipts,
       v.votes, a.answers
     from wanted join messages m using (event_id)
     left join media f on f.source_event_id = m.event_id
     cross join lateral (${reactionsOfMessage}) r
     cross join lateral (${receiptsOfMessage}) s
     cross join lateral (${votesOfMessage}) v
     cross join lateral (${answersOfMessage}) a
     order by ${orderBy}`,
    values,
  )

/** Of one person's addresses the last word counts. */
const reactionsOfMessage = `
  select coalesce(json_agg(${jsonOf(reactionColumns, 'last')} order by occurred_at, sender_id), '[]') as reactions
  from (
    select distinct on (canonical_address(x.instance_id, x.sender_id))
      canonical_address(x.instance_id, x.sender_id) as sender_id, x.emoji, x.occurred_at
    from message_reactions x
    where x.instance_id = m.instance_id and x.target_message_id = m.message_id and same_address(m.instance_id, x.chat_id, m.chat_id)
    order by canonical_address(x.instance_id, x.sender_id), x.occurred_at desc, x.epoch desc, x.sequence desc) last
  where emoji <> ''`

const receiptsOfMessage = `
  select coalesce(json_agg(${jsonOf(receiptColumns, 'furthest')} order by rank desc, occurred_at, participant_id), '[]') as receipts
  from (
    select distinct on (canonical_address(x.instance_id, x.participant_id))
      canonical_address(x.instance_id, x.participant_id) as participant_id, x.status, x.rank, x.occurred_at
    from message_receipts x
    where x.instance_id = m.instance_id and x.message_id = m.message_id and same_address(m.instance_id, x.chat_id, m.chat_id)
    order by canonical_address(x.instance_id, x.participant_id), x.rank desc, x.occurred_at) furthest`

const describeMessage = (row: MessageRow): MessageAnswer => ({
  ...answerOf(messageColumns, row),
  reactions: row.reactions.map(reaction => answerOf(reactionColumns, reaction)),
  status: row.receipts[0]?.status ?? null,
  receipts: row.receipts.map(receipt => answerOf(receiptColumns, receipt)),
  ...answerOf(markColumns, row),
  ...describeSaidTo(row),
  media: hasMedia(row) ? describeMedia(row) : null,
})
