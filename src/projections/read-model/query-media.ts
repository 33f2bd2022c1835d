// Files: every one that a message announced, from the moment it is known, and where its bytes are.
import type { Transaction } from '../../database/database.ts'
import { describeMedia, hasMedia, type MediaAnswer, type MediaColumns, mediaColumns } from './describe-media.ts'
import { createBindings, type Page, type PageRequest, pageOrder, pageTerms, toPage } from './page.ts'
import { orderOf, placeOf, selectPage } from './query-messages.ts'

export type MediaListAnswer = MediaAnswer & {
  eventId: string
  instanceId: string
  chatId: string | null
  chatPn: string | null
  senderId: string | null
  messageId: string
  fromMe: boolean
  kind: string
  occurredAt: string
}
export type MediaRequest = PageRequest & {
  instanceId: string
  chatId?: string | null
  kind?: string | null
  status?: string | null
  reason?: string | null
}

export async function listMedia(database: Transaction, request: MediaRequest): Promise<Page<MediaListAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const terms = ['m.media is not null', ...pageTerms(request, orderOf('m'), bindings)]
  if (request.kind != null) terms.push(`m.kind = ${bind(request.kind)}`)
  if (request.status != null) terms.push(`coalesce(f.status, 'pending') = ${bind(request.status)}`)
  if (request.reason != null) terms.push(`f.reason = ${bind(request.reason)}`)
  const rows = await database.query<Row>(
    `with wanted as (${selectPage(request, terms, bindings)})
     select m.event_id, m.instance_id, canonical_address(m.instance_id, m.chat_id) as chat_id,
       coalesce(m.chat_pn, phone_address(m.instance_id, m.chat_id)) as chat_pn,
       canonical_address(m.instance_id, m.sender_id) as sender_id, m.message_id, m.from_me, m.kind, m.occurred_at, m.epoch,
       m.sequence, ${mediaColumns}
     from wanted join messages m using (event_id) left join media f on f.source_event_id = m.event_id
     order by ${pageOrder(request, orderOf('m'))}`,
    values,
  )
  return toPage(rows, request, { place: placeOf, item: describe })
}

/** Where the bytes of a message's file are: `key` is null until they are stored. */
export type MediaLocation = MediaAnswer & {
  eventId: string
  instanceId: string
  kind: string | null
  key: string | null
  thumbnailKey: string | null
}

/** null: no message with a file and no outcome of one is known under this event id. Either may be known first. */
export async function mediaOf(database: Transaction, eventId: string): Promise<MediaLocation | null> {
  const [row] = await database.query<LocationRow>(
    `select coalesce(m.instance_id, f.instance_id) as instance_id, coalesce(f.kind, m.kind) as kind, f.key, f.thumbnail_key, ${mediaColumns}
     from (select $1::text as event_id) asked
     left join messages m on m.event_id = asked.event_id
     left join media f on f.source_event_id = asked.event_id
     where m.event_id is not null or f.source_event_id is not null`,
    [eventId],
  )
  if (row === undefined || !hasMedia(row)) return null
  return {
    eventId,
    instanceId: row.instance_id,
    ...describeMedia(row),
    kind: row.kind,
    key: row.key,
    thumbnailKey: row.thumbnail_key,
  }
}

type LocationRow = MediaColumns & { instance_id: string; kind: string | null; key: string | null; thumbnail_key: string | null }
type Row = MediaColumns & {
  event_id: string
  instance_id: string
  chat_id: string | null
  chat_pn: string | null
  sender_id: string | null
  message_id: string
  from_me: boolean
  kind: string
  occurred_at: Date
  epoch: string
  sequence: string
}

const describe = (row: Row): MediaListAnswer => ({
  eventId: row.event_id,
  instanceId: row.instance_id,
  chatId: row.chat_id,
  chatPn: row.chat_pn,
  senderId: row.sender_id,
  messageId: row.message_id,
  fromMe: row.from_me,
  kind: row.kind,
  occurredAt: row.occurred_at.toISOString(),
  ...describeMedia(row),
})
