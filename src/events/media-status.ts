// What became of a file, in one word (docs/contract.md, media.status): the same one in the API and in webhooks.
import { assertNever, type Event } from './event.ts'
import type { mediaStatuses } from './vocabulary.ts'

export type MediaStatus = (typeof mediaStatuses)['here' | 'later'][number]

/** What was filtered out or not wanted did not fail. */
export function mediaStatusOf(event: Extract<Event, { type: `media.${string}` }>): MediaStatus {
  switch (event.type) {
    case 'media.refreshed':
    case 'media.downloaded':
      return 'pending'
    case 'media.failed':
      return /^filtered-|^policy$/.test(event.reason) ? 'skipped' : 'failed'
    case 'media.stored':
      return 'stored'
    case 'media.expired':
      return 'expired'
    default:
      return assertNever(event)
  }
}
