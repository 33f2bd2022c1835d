// The file an event speaks of: which message it belongs to, in which round, what is said of it, and where its bytes are.
import type { Event, EventOf, MediaSource } from '../events/event.ts'
import type { ObjectHead } from '../objects/objects.ts'
import type { Fields } from '../runtime/logger.ts'

/** What all events of a file say of it. */
export type FileFields = Pick<
  EventOf<'media.downloaded'>,
  'sourceEventId' | 'round' | 'kind' | 'mimetype' | 'fileName' | 'width' | 'height' | 'durationSeconds' | 'pages'
>
export type MediaFile = { event: Event; fields: FileFields; source: MediaSource | null }

/** A missing incoming object is fetched again, at most so often. */
export const MAX_ROUNDS = 3

/** What every line about a file begins with. */
export const aboutFile = ({ event, fields }: Pick<MediaFile, 'event' | 'fields'>): Fields => ({
  instanceId: event.instanceId,
  eventId: fields.sourceEventId,
  kind: fields.kind,
  round: fields.round,
})

/** What is written to every object of a file. */
export const metadataOf = ({ event, fields }: Pick<MediaFile, 'event' | 'fields'>): ObjectHead['metadata'] => ({
  instance_id: event.instanceId,
  event_id: fields.sourceEventId,
  media_type: fields.kind,
})

export const fieldsOfMessage = ({ eventId, kind, media }: EventOf<'message.received'> | EventOf<'message.sent'>): FileFields => ({
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

export const fieldsOf = (event: FileFields): FileFields => ({
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
