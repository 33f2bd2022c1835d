// A file that was downloaded and is to be stored: where its event says it is, and the place that follows from it.
import type { Event, EventOf } from '../../events/event.ts'
import { fieldsOf, type MediaFile } from '../media-file.ts'

export type DownloadedFile = MediaFile & {
  event: EventOf<'media.downloaded'>
  /** The instant whose day its final key names: the first copy's, once that is known. */
  keptAt: number
}

export const downloadedFile = (event: Event): DownloadedFile | null =>
  event.type === 'media.downloaded'
    ? { event, fields: fieldsOf(event), source: event.mediaSource ?? null, keptAt: event.occurredAt }
    : null

export const placeOf = ({ event, fields, keptAt }: DownloadedFile) => ({
  instanceId: event.instanceId,
  occurredAt: keptAt,
  eventId: fields.sourceEventId,
})
