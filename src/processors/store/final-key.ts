// Where a file is kept for good: by instance and the UTC day it happened, named after its event, never after what the sender called it.
import { isoInstant } from '../../runtime/calendar.ts'

export function finalKey(of: { instanceId: string; occurredAt: number; eventId: string; extension: string }): string {
  return `${finalPrefix(of)}${of.extension}`
}

/** What the final key begins with, whatever the type. */
export function finalPrefix(of: { instanceId: string; occurredAt: number; eventId: string }): string {
  const [year, month, day] = isoInstant(of.occurredAt).slice(0, 10).split('-')
  return `${of.instanceId}/${year}/${month}/${day}/${of.eventId}.`
}

export const thumbnailKey = (key: string): string => `${key}${THUMBNAIL_SUFFIX}`
export const isThumbnailKey = (key: string): boolean => key.endsWith(THUMBNAIL_SUFFIX)

const THUMBNAIL_SUFFIX = '_thumb.jpg'
