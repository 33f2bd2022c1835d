// The table media: its columns, from the media events that say them to the API that shows them.
import type { Media } from '../../events/event.ts'
import { mediaStatusOf } from '../../events/media-status.ts'
import { mediaReasons, mediaStatuses, wordsOf } from '../../events/vocabulary.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type Column, type Columns, flag, integer, text } from './columns.ts'
import type { MediaEvent } from './sort-events.ts'

/** What became of the file. */
export const outcomeColumns = {
  status: { is: 'text', from: mediaStatusOf, doc: wordsOf(mediaStatuses) },
  reason: { ...text, doc: `Why not, for programs; clients must accept new ones: ${wordsOf(mediaReasons)}` },
  stage: { ...text, doc: 'Where it failed: download, store, send, policy; null: nowhere.' },
  retryable: { ...flag, doc: 'Whether another round can help; null: it did not fail.' },
  detail: { ...text, doc: 'Why not, for people.' },
  round: { is: 'integer' },
} satisfies Columns<MediaEvent>

/** What is known of the file: announced by its message first, later what was really stored. Each announced one has a column. */
export const fileColumns = {
  mimetype: { ...text, doc: 'What the bytes are; until the file is stored, what its sender says.' },
  sizeBytes: {
    is: 'bigint',
    nullable: true,
    doc: 'Bytes of the plain file: as announced, and once it was fetched, as received.',
  },
  sha256: {
    ...text,
    doc: 'SHA-256 of the plain file, lower-case hex: as announced, and once it was fetched, of what was received.',
  },
  fileName: text,
  width: integer,
  height: integer,
  durationSeconds: integer,
  pages: integer,
} satisfies Record<keyof Media, Column<MediaEvent>>

/** Of one round's outcomes the higher one counts. */
export const ranks = {
  'media.refreshed': 0,
  'media.downloaded': 1,
  'media.failed': 2,
  'media.stored': 3,
  'media.expired': 4,
} as const

/** Whose file it is. */
export const keyColumns = { sourceEventId: { is: 'text' }, instanceId: { is: 'text' } } satisfies Columns<MediaEvent>
/** Of the event with the greatest (round, rank). */
export const changingColumns: Columns<MediaEvent> = {
  rank: { is: 'integer', from: event => ranks[event.type] },
  ...outcomeColumns,
  kind: { is: 'text' },
  ...fileColumns,
  sha256Matches: flag,
  incomingKey: text,
  key: text,
  extension: text,
  thumbnailKey: text,
  attempts: integer,
  occurredAt: { is: 'instant', from: event => isoInstant(event.occurredAt) },
  changedByEvent: { is: 'text', from: event => event.eventId },
}
