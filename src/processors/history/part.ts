// One part of a phone's history: the notification that told of it, and its place in the log.
import { type HistoryNotification, notificationIn } from '../../convert/history/notification.ts'
import type { EventOf } from '../../events/event.ts'
import type { HistoryPart, HistorySync } from '../../instances/history-syncs.ts'
import type { LogRecord } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Fields } from '../../runtime/logger.ts'
import { MediaError } from '../media-error.ts'

export type Notified = { event: EventOf<'unknown'>; position: HistorySync['position'] }
export type Part = Notified & { notification: HistoryNotification }

export const positionOf = ({ topic, partition, offset }: LogRecord): HistorySync['position'] => ({
  topic,
  partition,
  nextOffset: offset,
})

/** null: it is no notification after all. Rejects MediaError `gone` where its bytes are not there any more, or ObjectError. */
export async function partOf(
  { objects }: { objects: Pick<ObjectStore, 'get'> },
  { event, position }: Notified,
  signal: AbortSignal,
): Promise<Part | null> {
  const raw = event.raw ?? (await rawOf(objects, event, signal))
  const notification = notificationIn({ ...event, raw })
  return notification && { event, position, notification }
}

async function rawOf(
  objects: Pick<ObjectStore, 'get'>,
  { rawObject }: EventOf<'unknown'>,
  signal: AbortSignal,
): Promise<Buffer | null> {
  if (!rawObject) return null
  const found = await objects.get({ key: rawObject.key }, signal)
  if (found === null) throw new MediaError('gone', 'reading the notification of history: its bytes are not there any more')
  return Buffer.concat(await Array.fromAsync(found.body))
}

/** Which notification it is. */
export type Source = Pick<EventOf<'unknown'>, 'instanceId' | 'eventId' | 'epoch' | 'sequence'>

/** What its row begins with. */
export const rowOf = (event: Source, notification: HistoryNotification | null): HistoryPart => ({
  instanceId: event.instanceId,
  eventId: event.eventId,
  epoch: event.epoch,
  sequence: event.sequence,
  syncType: notification?.syncType ?? 'unknown',
  chunk: notification?.chunk ?? null,
  percent: notification?.percent ?? null,
})

/** What every line about it begins with. */
export const aboutPart = ({ instanceId, eventId }: Pick<HistoryPart, 'instanceId' | 'eventId'>): Fields => ({
  instanceId,
  eventId,
})
