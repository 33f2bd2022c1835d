// The rows of messages with media that were read, each with the greatest outcome of its file so far. Kept 30 days, and as long as something is
// held for one.
import type { Transaction } from '../../database/database.ts'
import type { Event, EventOf, Media } from '../../events/event.ts'
import { rowsByKey } from '../../purge/erasure.ts'
import type { MediaMessage } from './delivery-body.ts'
import { eventHead } from './event-head.ts'
import { isHeldFor } from './held.ts'
import type { MediaOutcome, Standing } from './media-outcome.ts'
import { mediaToldAlong } from './media-told.ts'

export type MediaMessageEvent = (EventOf<'message.received'> | EventOf<'message.sent'>) & { media: Media }
export const hasMedia = (event: Event): event is MediaMessageEvent =>
  (event.type === 'message.received' || event.type === 'message.sent') && event.media != null

export type MediaRow = { chat_lane: string; round: number; rank: number; message: MediaMessage }

/** false: it was read before; this is a copy. */
export async function insertMessage(
  tx: Transaction,
  of: { event: MediaMessageEvent; partition: number; chatLane: string },
): Promise<boolean> {
  const { event } = of
  const message: MediaMessage = { ...eventHead(event), media: event.media }
  const rows = await tx.query(
    `insert into webhook_media (event_id, instance_id, partition, chat_lane, message) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning event_id`,
    [event.eventId, event.instanceId, of.partition, of.chatLane, JSON.stringify(message)],
  )
  return rows.length > 0
}

export async function readMessage(tx: Transaction, eventId: string): Promise<MediaRow | null> {
  const [row] = await tx.query<MediaRow>('select chat_lane, round, rank, message from webhook_media where event_id = $1', [
    eventId,
  ])
  return row ?? null
}

export type FileRow = { event_id: string; round: number; rank: number; outcome: MediaOutcome | null; message: { media: Media } }

/** What has become of the files of these messages. */
export const readFiles = (tx: Transaction, eventIds: readonly string[]): Promise<readonly FileRow[]> =>
  tx.query<FileRow>('select event_id, round, rank, outcome, message from webhook_media where event_id = any($1)', [eventIds])

export async function writeOutcome(tx: Transaction, eventId: string, standing: Standing, outcome: MediaOutcome): Promise<void> {
  await tx.query('update webhook_media set round = $2, rank = $3, outcome = $4 where event_id = $1', [
    eventId,
    standing.round,
    standing.rank,
    JSON.stringify(outcome),
  ])
}

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
