// What has to be fetched because of an event: a message's file, one that the phone has put there again, or one that was lost on its way.
import type { Event, MediaSource } from '../../events/event.ts'
import { fieldsOf, fieldsOfMessage, MAX_ROUNDS, type MediaFile } from '../media-file.ts'

export type FileToFetch = MediaFile & { source: MediaSource }

/** null: nothing. */
export function fileToFetch(event: Event): FileToFetch | null {
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

/** One round of one message's file. */
export const nameOf = ({ fields }: FileToFetch): string => `${fields.sourceEventId}/${fields.round}`
