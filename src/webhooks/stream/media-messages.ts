// The rows of messages with media that were read, each with the greatest outcome of its file so far. Kept 30 days, and as long as something is
// held for one.
import type { Transaction } from '../../database/database.ts'
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import type { Event, EventOf, Media } from '../../events/event.ts'
import { rowsByKey } from '../../purge/erasure.ts'
import { eventHead } from './event-head.ts'
import type { FileRow } from './file-row.ts'
import { isHeldFor } from './held.ts'
import { mediaToldAlong } from './media-told.ts'

export type MediaMessageEvent = (EventOf<'message.received'> | EventOf<'message.sent'>) & { media: Media }
export const hasMedia = (event: Event): event is MediaMessageEvent =>
  (event.type === 'message.received' || event.type === 'message.sent') && event.media != null

/** The event id that links to a message's file are made with; null: it has none. Files of history are not waited for, and linked to all the same. */
export const linkedFileOf = (event: Event): string | null => ('media' in event && event.media != null ? event.eventId : null)

export type NewFile = { row: FileRow; partition: number; instanceId: string }

export const readFiles = (eventIds: readonly string[]): Read<FileRow> => ({
  sql: `select ${fileColumns('m')} from webhook_media m where m.event_id = any(array(select json_array_elements_text($1::json)))`,
  values: [JSON.stringify([...new Set(eventIds)])],
  isEmpty: eventIds.length === 0,
})

/** Of a row of messages with media, whose name in the statement is `m`. */
const fileColumns = (m: string): string =>
  ['event_id', 'chat_lane', 'round', 'rank', 'outcome', 'message'].map(column => `${m}.${column}`).join(', ')

/** A subselect of one row or none: the file of the message with this event id (SQL), as JSON. */
export const fileOf = (eventId: string): string =>
  `(select row_to_json(f) from (select ${fileColumns('m')} from webhook_media m where m.event_id = ${eventId}) f)`

export const fileRowOf = (event: MediaMessageEvent, chatLane: string): FileRow => ({
  event_id: event.eventId,
  chat_lane: chatLane,
  round: 0,
  rank: 0,
  outcome: null,
  message: { ...eventHead(event), media: event.media },
})

/** `added`: files that had no row; `changed`: those of rows that are there. */
export const writeFiles = (added: readonly NewFile[], changed: readonly FileRow[]): readonly Write[] => [
  {
    sql: `insert into webhook_media (event_id, instance_id, partition, chat_lane, message, round, rank, outcome)
      select n.event_id, n.instance_id, n.partition, n.chat_lane, n.message::json, n.round, n.rank, n.outcome::json
      from json_to_recordset($1::json) as n(event_id text, instance_id text, partition integer, chat_lane text, message text,
                                            round integer, rank integer, outcome text)
      on conflict do nothing`,
    values: [
      asRows(
        added.map(({ row, partition, instanceId }) => ({
          ...standingColumns(row),
          partition,
          instance_id: instanceId,
          chat_lane: row.chat_lane,
          message: JSON.stringify(row.message),
        })),
      ),
    ],
    isEmpty: added.length === 0,
  },
  {
    sql: `update webhook_media m set round = n.round, rank = n.rank, outcome = n.outcome::json
      from json_to_recordset($1::json) as n(event_id text, round integer, rank integer, outcome text) where m.event_id = n.event_id`,
    values: [asRows(changed.map(standingColumns))],
    isEmpty: changed.length === 0,
  },
]

const standingColumns = ({ event_id, round, rank, outcome }: FileRow) => ({
  event_id,
  round,
  rank,
  outcome: outcome === null ? null : JSON.stringify(outcome),
})

const isOld = `m.read_at < now() - interval '30 days' and not ${isHeldFor('m.event_id')}`
/** A statement: the partitions with rows past their time. */
export const partitionsOfOldMessages = `select m.partition from webhook_media m where ${isOld}`

/** At most 500. */
export async function forgetOldMessages(tx: Transaction, partition: number): Promise<void> {
  await tx.query(
    `delete from webhook_media where event_id in (
       select m.event_id from webhook_media m where m.partition = $1 and ${isOld} order by m.read_at limit 500)`,
    [partition],
  )
}

export const mediaErasure = rowsByKey({ table: 'webhook_media', key: 'event_id', along: [mediaToldAlong] })
