// Rows about files: which messages with media were read, the greatest outcome of each, and whom it was told to.
// Kept 30 days; an outcome whose message is not known by then is delivered without it.
import type { Transaction } from '../../database/database.ts'
import type { Event, EventOf, Media } from '../../events/event.ts'
import type { MediaMessage } from './delivery-body.ts'
import { eventHead } from './event-head.ts'
import type { MediaEvent, MediaOutcome, Standing } from './media-outcome.ts'

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

export async function writeOutcome(tx: Transaction, eventId: string, standing: Standing, outcome: MediaOutcome): Promise<void> {
  await tx.query('update webhook_media set round = $2, rank = $3, outcome = $4 where event_id = $1', [
    eventId,
    standing.round,
    standing.rank,
    JSON.stringify(outcome),
  ])
}

/** Everybody who knows the message is told; nobody was told more than the row's own standing, which this one exceeds. */
export async function raiseTold(
  tx: Transaction,
  eventId: string,
  standing: Standing,
): Promise<readonly { endpointId: string; version: number; lane: string }[]> {
  const rows = await tx.query<{ endpointId: string; version: number; lane: string }>(
    `update webhook_media_told set round = $2, rank = $3 where event_id = $1
     returning endpoint_id as "endpointId", endpoint_version as version, lane`,
    [eventId, standing.round, standing.rank],
  )
  return [...rows].sort((a, b) => (a.lane < b.lane ? -1 : 1))
}

/** Without bytes: keys and raw protobuf stay in the log. */
export async function keepEarly(tx: Transaction, event: MediaEvent, partition: number): Promise<void> {
  const kept = Object.fromEntries(
    Object.entries(event).filter(([name]) => name !== 'raw' && name !== 'rawObject' && name !== 'mediaSource'),
  )
  await tx.query('insert into webhook_media_early (source_event_id, partition, event) values ($1, $2, $3)', [
    event.sourceEventId,
    partition,
    JSON.stringify(kept),
  ])
}

/** In the order in which they came. */
export async function takeEarly(tx: Transaction, sourceEventId: string): Promise<readonly MediaEvent[]> {
  const rows = await tx.query<{ early_id: string; event: MediaEvent }>(
    'delete from webhook_media_early where source_event_id = $1 returning early_id, event',
    [sourceEventId],
  )
  return inOrder(rows)
}

/** Partitions with a hold that has ended or rows past their time; what is held stays, however old. */
export async function duePartitions(database: Transaction): Promise<readonly number[]> {
  const rows = await database.query<{ partition: number }>(
    `select partition from webhook_held where not ready and due_at <= now()
     union select m.partition from webhook_media m where m.read_at < now() - interval '30 days'
             and not exists (select from webhook_held h where h.media_event_id = m.event_id)
     union select partition from webhook_media_early where read_at < now() - interval '30 days'`,
  )
  return rows.map(row => row.partition)
}

/** Drops what is older than 30 days, a little at a time; answers the outcomes whose message never came. */
export async function forgetOld(tx: Transaction, partition: number): Promise<readonly MediaEvent[]> {
  await tx.query(
    `delete from webhook_media where event_id in (
       select m.event_id from webhook_media m
        where m.partition = $1 and m.read_at < now() - interval '30 days'
          and not exists (select from webhook_held h where h.media_event_id = m.event_id)
        order by m.read_at limit 500)`,
    [partition],
  )
  const rows = await tx.query<{ early_id: string; event: MediaEvent }>(
    `delete from webhook_media_early where early_id in (
       select early_id from webhook_media_early where partition = $1 and read_at < now() - interval '30 days' order by read_at limit 100)
     returning early_id, event`,
    [partition],
  )
  return inOrder(rows)
}

const inOrder = (rows: readonly { early_id: string; event: MediaEvent }[]): readonly MediaEvent[] =>
  [...rows].sort((a, b) => Number(BigInt(a.early_id) - BigInt(b.early_id))).map(row => row.event)
