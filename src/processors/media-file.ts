// The file an event speaks of, and the events that processors make of it: same envelope, same file fields, ids that a repetition makes again.
import type { Event, EventOf, MediaSource } from '../events/event.ts'
import { derivedId } from '../events/ids.ts'

type FileFields = Pick<
  EventOf<'media.downloaded'>,
  'sourceEventId' | 'round' | 'kind' | 'mimetype' | 'fileName' | 'width' | 'height' | 'durationSeconds' | 'pages'
>
export type MediaFile = { event: Event; fields: FileFields; source: MediaSource | null }

/** A missing incoming object is fetched again, at most so often. */
export const MAX_ROUNDS = 3

/** What download-media has to fetch because of this event; null: nothing. */
export function fileToFetch(event: Event): (MediaFile & { source: MediaSource }) | null {
  switch (event.type) {
    case 'message.received':
    case 'message.sent':
      return event.mediaSource ? { event, fields: fieldsOfMessage(event), source: event.mediaSource } : null
    case 'media.refreshed':
      return event.mediaSource ? { event, fields: fieldsOf(event), source: event.mediaSource } : null
    case 'media.failed': {
      const lost = event.stage === 'store' && event.reason === 'gone' && event.retryable && event.round < MAX_ROUNDS
      if (!lost || !event.mediaSource) return null
      return { event, fields: { ...fieldsOf(event), round: event.round + 1 }, source: event.mediaSource }
    }
    default:
      return null
  }
}

export const fileOf = (event: EventOf<'media.downloaded'>): MediaFile => ({
  event,
  fields: fieldsOf(event),
  source: event.mediaSource ?? null,
})

/** Envelope and file fields of a derived event. The source's place in its instance travels along, its raw bytes do not. */
export function derivedFrom<Type extends 'media.downloaded' | 'media.stored' | 'media.failed'>(
  file: MediaFile,
  made: { type: Type; by: string; at: number },
) {
  const { instanceId, epoch, sequence, occurredAt } = file.event
  const { chatId = null, chatPn = null, senderId = null, senderPn = null, messageId = null, fromMe = null } = file.event
  const { occurredAtSaid = null } = file.event
  const { sourceEventId, round } = file.fields
  return {
    eventId: derivedId({ sourceId: sourceEventId, by: made.by, type: made.type, round, ordinal: 0 }),
    type: made.type,
    instanceId,
    epoch,
    sequence,
    occurredAt,
    recordedAt: made.at,
    chatId,
    chatPn,
    senderId,
    senderPn,
    messageId,
    fromMe,
    occurredAtSaid,
    ...file.fields,
  }
}

const fieldsOfMessage = ({ eventId, kind, media }: EventOf<'message.received'> | EventOf<'message.sent'>): FileFields => ({
  sourceEventId: eventId,
  round: 1,
  kind,
  mimetype: media?.mimetype ?? null,
  fileName: media?.fileName ?? null,
  width: media?.width ?? null,
  height: media?.height ?? null,
  durationSeconds: media?.durationSeconds ?? null,
  pages: media?.pages ?? null,
})

const fieldsOf = (event: FileFields): FileFields => ({
  sourceEventId: event.sourceEventId,
  round: event.round,
  kind: event.kind,
  mimetype: event.mimetype ?? null,
  fileName: event.fileName ?? null,
  width: event.width ?? null,
  height: event.height ?? null,
  durationSeconds: event.durationSeconds ?? null,
  pages: event.pages ?? null,
})
