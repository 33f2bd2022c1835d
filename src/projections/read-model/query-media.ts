// Files: every one that a message announced, from the moment it is known, and where its bytes are.
import type { Transaction } from '../../database/database.ts'
import { type AnswerOf, answerOf, selectOf } from './columns.ts'
import { describeMedia, hasMedia, type MediaAnswer, type MediaRow, selectMedia } from './describe-media.ts'
import { type ListRequest, orderOf, type PlacedRow, placeOf, selectPage } from './list-by-message.ts'
import { originColumns } from './message-columns.ts'
import { createBindings, type Page, pageOrder, pageTerms, toPage } from './page.ts'

export type MediaListAnswer = MediaAnswer & AnswerOf<typeof originColumns>

export async function listMedia(
  database: Transaction,
  request: ListRequest & { kind?: string | null; status?: string | null; reason?: string | null },
): Promise<Page<MediaListAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const terms = [...pageTerms(request, orderOf('m'), bindings)]
  if (request.kind != null) terms.push(`m.kind = ${bind(request.kind)}`)
  if (request.status != null) terms.push(`m.status = ${bind(request.status)}`)
  if (request.reason != null) terms.push(`m.reason = ${bind(request.reason)}`)
  const rows = await database.query<ListedRow>(
    `with wanted as (${selectPage({ table: 'listed_media', request, terms }, bindings)})
     select ${selectOf(originColumns, 'm')}, m.epoch, m.sequence, m.ordinal, ${selectMedia}
     from wanted join messages m using (event_id) left join media f on f.source_event_id = m.event_id
     order by ${pageOrder(request, orderOf('m'))}`,
    values,
  )
  return toPage(rows, request, { place: placeOf, item: describeListed })
}

type ListedRow = PlacedRow & MediaRow

const describeListed = (row: ListedRow): MediaListAnswer => ({ ...answerOf(originColumns, row), ...describeMedia(row) })

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
    `select coalesce(m.instance_id, f.instance_id) as "instanceId", coalesce(f.kind, m.kind) as kind, f.key,
       f.thumbnail_key as "thumbnailKey", ${selectMedia}
     from (select $1::text as event_id) asked
     left join messages m on m.event_id = asked.event_id
     left join media f on f.source_event_id = asked.event_id
     where m.event_id is not null or f.source_event_id is not null`,
    [eventId],
  )
  if (row === undefined || !hasMedia(row)) return null
  const { instanceId, kind, key, thumbnailKey } = row
  return { eventId, instanceId, ...describeMedia(row), kind, key, thumbnailKey }
}

type LocationRow = MediaRow & { instanceId: string; kind: string | null; key: string | null; thumbnailKey: string | null }
