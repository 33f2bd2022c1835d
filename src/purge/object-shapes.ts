// Which keys are an instance's, told by their whole shape and never by their beginning alone: an instance may be called `incoming` or `2026`,
// and then its keys begin as those of others do. Pure.
import type { Event } from '../events/event.ts'
import { readyShape, uploadShape } from '../instances/uploads.ts'

/** What the names of an instance's objects begin with, before the store gives them its own prefix. */
export const prefixesOf = (instanceId: string): readonly string[] => [`${instanceId}/`, `incoming/${instanceId}/`]

/** What the names of raw bytes begin with; they do not say whose they are. */
export const RAW_PREFIX = 'raw/'
export const isRawName = (name: string): boolean => /^raw\/[0-9a-f]{32}$/.test(name)

/** Files and thumbnails (final-key.ts), and what is under incoming/ (incoming.ts, first-copy.ts, open-blob.ts, uploads.ts). Ids of instances hold nothing that a pattern could mean. */
export const isNameOf = (instanceId: string, name: string): boolean =>
  [
    `${instanceId}/\\d{4,}/\\d\\d/\\d\\d/[0-9a-f]{32}\\.[^/]*`,
    `incoming/${instanceId}/[0-9a-f]{64}`,
    `incoming/${instanceId}/first/[0-9a-f]{32}`,
    `incoming/${instanceId}/history/[0-9a-f]{32}`,
    uploadShape(instanceId),
    readyShape(instanceId),
  ].some(shape => new RegExp(`^${shape}$`).test(name))

/** Whole keys of objects that an event of the instance tells of, whatever the store's prefix was when they were put. */
export function keysIn(event: Event): readonly string[] {
  const told = [event.rawObject?.key, ...filesOf(event)].filter(key => key != null)
  return told.filter(key => endsAsKeyOf(event, key))
}

const filesOf = (event: Event): readonly (string | null | undefined)[] => {
  switch (event.type) {
    case 'media.downloaded':
      return [event.incomingKey]
    case 'media.stored':
      return [event.key, event.thumbnailKey]
    default:
      return []
  }
}

function endsAsKeyOf({ instanceId, eventId }: Event, key: string): boolean {
  const segments = key.split('/')
  const endings = segments.map((_, index) => segments.slice(index).join('/'))
  return endings.some(name => isNameOf(instanceId, name) || name === `${RAW_PREFIX}${eventId}`)
}
