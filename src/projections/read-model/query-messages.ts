// Messages as the API answers them: current text, reactions, receipts and the state of the file, under whichever address they are asked for.
import type { Transaction } from '../../database/database.ts'
import { storableId } from '../../events/storable-ids.ts'
import { describeMedia, hasMedia, type MediaAnswer, type MediaColumns, mediaColumns } from './describe-media.ts'
import {
  type Bindings,
  createBindings,
  isoOrNull,
  type OrderColumns,
  type Page,
  type PageRequest,
  type Place,
  pageOrder,
  pageTerms,
  rowsToRead,
  toPage,
} from './page.ts'

export type MessageAnswer = {
  eventId: string
  instanceId: string
  chatId: string | null
  chatPn: string | null
  senderId: string | null
  senderPn: string | null
  messageId: string
  fromMe: boolean
  sequence: number
  kind: string
  senderName: string | null
  isGroup: boolean
  text: string | null
  quotedMessageId: string | null
  mentions: readonly string[] | null
  forwarded: boolean | null
  viewOnce: boolean | null
  expiresInSeconds: number | null
  source: string | null
  commandId: string | null
  location: unknown
  contacts: unknown
  poll: unknown
  interactive: string | null
  /** Why it could not be read; the good copy takes its place. */
  undecryptable: string | null
  occurredAt: string
  editedAt: string | null
  revokedAt: string | null
  reactions: readonly { senderId: string; emoji: string }[]
  /** The greatest that any participant's receipt says; null where there is none. */
  status: string | null
  receipts: readonly { participantId: string; status: string; at: string }[]
  media: MediaAnswer | null
  changedByEvent: string
}

/** `chatId`: any of the chat's addresses, as events carry them. */
export type MessagesRequest = PageRequest & { instanceId: string; chatId?: string | null; q?: string | null }

export async function listMessages(database: Transaction, request: MessagesRequest): Promise<Page<MessageAnswer>> {
  const bindings = createBindings()
  const { bind } = bindings
  const terms = [...pageTerms(request, orderOf('m'), bindings)]
  if (request.q != null) terms.push(`m.search @@ websearch_to_tsquery('simple', ${bind(request.q.replaceAll('\0', ' '))})`)
  const wanted = selectPage(request, terms, bindings)
  const rows = await readMessages(database, wanted, { ...bindings, orderBy: pageOrder(request, orderOf('m')) })
  return toPage(rows, request, { place: placeOf, item: describeMessage })
}

/** The order of everything that is listed by message. */
export const orderOf = (alias: string): OrderColumns => ({
  at: `${alias}.occurred_at`,
  arrival: [`${alias}.epoch`, `${alias}.sequence`],
  id: `${alias}.event_id`,
})

/** A row's place in that order. */
export const placeOf = (row: { occurred_at: Date; epoch: string; sequence: string; event_id: string }): Place => ({
  at: row.occurred_at,
  arrival: [row.epoch, row.sequence],
  id: row.event_id,
})

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
    order by m.undecryptable is not null, m.occurred_at, m.epoch, m.sequence limit 1`
  const [row] = await readMessages(database, wanted, { ...bindings, orderBy: 'm.event_id' })
  return row === undefined ? null : describeMessage(row)
}

/** A chat's messages are taken from each of its addresses in order, so that an index answers every page. */
export function selectPage(
  request: PageRequest & { instanceId: string; chatId?: string | null },
  terms: readonly string[],
  { bind }: Bindings,
): string {
  const select = (more: readonly string[]) => `
    select m.event_id, m.occurred_at, m.epoch, m.sequence from messages m left join media f on f.source_event_id = m.event_id
    where ${[`m.instance_id = ${instance}`, ...terms, ...more].join(' and ')}
    order by ${pageOrder(request, orderOf('m'))} limit ${limit}`
  const instance = bind(request.instanceId)
  const limit = bind(rowsToRead(request))
  if (request.chatId == null) return select([])
  return `
    select found.event_id
    from unnest(addresses_of(${instance}, ${bind(request.chatId)})) as a(address)
    cross join lateral (${select(['m.chat_id = a.address'])}) found
    order by ${pageOrder(request, orderOf('found'))} limit ${limit}`
}

async function readMessages(
  database: Transaction,
  wanted: string,
  { values, orderBy }: Bindings & { orderBy: string },
): Promise<readonly Row[]> {
  return database.query<Row>(
    `with wanted as (${wanted})
     select m.event_id, m.instance_id, canonical_address(m.instance_id, m.chat_id) as chat_id,
       coalesce(m.chat_pn, phone_address(m.instance_id, m.chat_id)) as chat_pn,
       canonical_address(m.instance_id, m.sender_id) as sender_id,
       coalesce(m.sender_pn, phone_address(m.instance_id, m.sender_id)) as sender_pn,
       m.message_id, m.from_me, m.epoch, m.sequence, m.kind, m.sender_name, m.is_group, m.text, m.quoted_message_id, m.mentions, m.forwarded,
       m.view_once, m.expires_in_seconds, m.source, m.command_id, m.location, m.contacts, m.poll, m.interactive, m.undecryptable,
       m.occurred_at, m.edited_at, m.revoked_at, m.changed_by_event, ${mediaColumns}, r.reactions, s.receipts
     from wanted join messages m using (event_id)
     left join media f on f.source_event_id = m.event_id
     cross join lateral (${reactionsOfMessage}) r
     cross join lateral (${receiptsOfMessage}) s
     order by ${orderBy}`,
    values,
  )
}

/** Of one person's addresses the last word counts. */
const reactionsOfMessage = `
  select coalesce(json_agg(json_build_object('senderId', sender_id, 'emoji', emoji) order by occurred_at, sender_id), '[]') as reactions
  from (
    select distinct on (canonical_address(x.instance_id, x.sender_id))
      canonical_address(x.instance_id, x.sender_id) as sender_id, x.emoji, x.occurred_at
    from message_reactions x
    where x.instance_id = m.instance_id and x.target_message_id = m.message_id and same_address(m.instance_id, x.chat_id, m.chat_id)
    order by canonical_address(x.instance_id, x.sender_id), x.occurred_at desc, x.epoch desc, x.sequence desc) last
  where emoji <> ''`

const receiptsOfMessage = `
  select coalesce(json_agg(json_build_object(
      'participantId', participant_id, 'status', status, 'at', occurred_at) order by rank desc, occurred_at, participant_id), '[]') as receipts
  from (
    select distinct on (canonical_address(x.instance_id, x.participant_id))
      canonical_address(x.instance_id, x.participant_id) as participant_id, x.status, x.rank, x.occurred_at
    from message_receipts x
    where x.instance_id = m.instance_id and x.message_id = m.message_id and same_address(m.instance_id, x.chat_id, m.chat_id)
    order by canonical_address(x.instance_id, x.participant_id), x.rank desc, x.occurred_at) furthest`

type Row = MediaColumns & {
  event_id: string
  instance_id: string
  chat_id: string | null
  chat_pn: string | null
  sender_id: string | null
  sender_pn: string | null
  message_id: string
  from_me: boolean
  epoch: string
  sequence: string
  kind: string
  sender_name: string | null
  is_group: boolean
  text: string | null
  quoted_message_id: string | null
  mentions: readonly string[] | null
  forwarded: boolean | null
  view_once: boolean | null
  expires_in_seconds: number | null
  source: string | null
  command_id: string | null
  location: unknown
  contacts: unknown
  poll: unknown
  interactive: string | null
  undecryptable: string | null
  occurred_at: Date
  edited_at: Date | null
  revoked_at: Date | null
  changed_by_event: string
  reactions: readonly { senderId: string; emoji: string }[]
  receipts: readonly { participantId: string; status: string; at: string }[]
}

const describeMessage = (row: Row): MessageAnswer => ({
  eventId: row.event_id,
  instanceId: row.instance_id,
  chatId: row.chat_id,
  chatPn: row.chat_pn,
  senderId: row.sender_id,
  senderPn: row.sender_pn,
  messageId: row.message_id,
  fromMe: row.from_me,
  sequence: Number(row.sequence),
  kind: row.kind,
  senderName: row.sender_name,
  isGroup: row.is_group,
  text: row.text,
  quotedMessageId: row.quoted_message_id,
  mentions: row.mentions,
  forwarded: row.forwarded,
  viewOnce: row.view_once,
  expiresInSeconds: row.expires_in_seconds,
  source: row.source,
  commandId: row.command_id,
  location: row.location,
  contacts: row.contacts,
  poll: row.poll,
  interactive: row.interactive,
  undecryptable: row.undecryptable,
  occurredAt: row.occurred_at.toISOString(),
  editedAt: isoOrNull(row.edited_at),
  revokedAt: isoOrNull(row.revoked_at),
  reactions: row.reactions,
  status: row.receipts[0]?.status ?? null,
  receipts: row.receipts.map(receipt => ({ ...receipt, at: new Date(receipt.at).toISOString() })),
  media: hasMedia(row) ? describeMedia(row) : null,
  changedByEvent: row.changed_by_event,
})
