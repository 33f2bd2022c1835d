// What became of a message's file, and which of two outcomes is the greater: the higher round, then expired > stored > failed.
// A maximum, so that any order of the topics ends alike.
import type { Event, EventOf, Media } from '../../events/event.ts'
import { type MediaStatus, mediaStatusOf } from '../../events/media-status.ts'

export type MediaEvent = EventOf<'media.stored'> | EventOf<'media.failed'> | EventOf<'media.expired'>
/** `rank`: 0 nothing yet, 1 failed, 2 stored, 3 expired. */
export type Standing = { round: number; rank: number }
/** The outcome as webhooks show it: what is known better than the message announced it. */
export type MediaOutcome = {
  status: MediaStatus
  reason: string | null
  known: { readonly [Name in keyof Media]?: Media[Name] | null | undefined }
  hasThumbnail: boolean
}

export const isMediaEvent = (event: Event): event is MediaEvent =>
  event.type === 'media.stored' || event.type === 'media.failed' || event.type === 'media.expired'

/** Of a file whose outcome nobody has said. */
export const nothingYet = { round: 0, rank: 0 } as const

export const standingOf = (event: MediaEvent): Standing => ({ round: event.round, rank: ranks[event.type] })
/** The same by the name of its type. */
export const isOfFile = (type: string): boolean => Object.hasOwn(ranks, type)

const ranks = { 'media.failed': 1, 'media.stored': 2, 'media.expired': 3 } as const

export const isGreater = (one: Standing, other: Standing): boolean =>
  one.round > other.round || (one.round === other.round && one.rank > other.rank)

export function outcomeOf(event: MediaEvent): MediaOutcome {
  const { mimetype, fileName, width, height, durationSeconds, pages } = event
  const known = { mimetype, fileName, width, height, durationSeconds, pages }
  const status = mediaStatusOf(event)
  if (event.type !== 'media.stored') return { status, reason: event.reason, known, hasThumbnail: false }
  const { sizeBytes, sha256, thumbnailKey } = event
  return { status, reason: null, known: { ...known, sizeBytes, sha256 }, hasThumbnail: thumbnailKey != null }
}
