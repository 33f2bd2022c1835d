// What became of each file, by a maximum that any order of the topics yields: the higher round,
// then expired > stored > failed > downloaded > refreshed.
import type { Transaction } from '../../database/database.ts'
import { mediaStatusOf } from '../../events/media-status.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertRows, type Row } from './insert-rows.ts'
import type { MediaEvent } from './sort-events.ts'

const ranks = { 'media.refreshed': 0, 'media.downloaded': 1, 'media.failed': 2, 'media.stored': 3, 'media.expired': 4 } as const

export async function projectMedia(tx: Transaction, events: readonly MediaEvent[]): Promise<void> {
  const greatest = new Map<string, MediaEvent>()
  for (const event of events) {
    const known = greatest.get(event.sourceEventId)
    if (known === undefined || isGreater(event, known)) greatest.set(event.sourceEventId, event)
  }
  const rows = [...greatest.values()].map(toRow)
  await insertRows(
    tx,
    'media',
    rows,
    `on conflict (source_event_id) do update set
       ${changing.map(column => `${column} = excluded.${column}`).join(', ')}
     where (excluded.round, excluded.rank) > (old.round, old.rank)`,
  )
}

const isGreater = (one: MediaEvent, other: MediaEvent) =>
  one.round !== other.round ? one.round > other.round : ranks[one.type] > ranks[other.type]

function toRow(event: MediaEvent): Row {
  const stored = event.type === 'media.stored' ? event : null
  const downloaded = event.type === 'media.downloaded' ? event : null
  const failed = event.type === 'media.failed' ? event : null
  const had = stored ?? downloaded
  return {
    source_event_id: event.sourceEventId,
    instance_id: event.instanceId,
    round: event.round,
    rank: ranks[event.type],
    status: mediaStatusOf(event),
    kind: event.kind,
    mimetype: event.mimetype ?? null,
    file_name: event.fileName ?? null,
    width: event.width ?? null,
    height: event.height ?? null,
    duration_seconds: event.durationSeconds ?? null,
    pages: event.pages ?? null,
    size_bytes: had?.sizeBytes ?? null,
    sha256: had?.sha256 ?? null,
    sha256_matches: had?.sha256Matches ?? null,
    incoming_key: downloaded?.incomingKey ?? null,
    key: stored?.key ?? null,
    extension: stored?.extension ?? null,
    thumbnail_key: stored?.thumbnailKey ?? null,
    stage: failed?.stage ?? null,
    reason: failed?.reason ?? (event.type === 'media.expired' ? event.reason : null),
    retryable: failed?.retryable ?? null,
    attempts: failed?.attempts ?? downloaded?.attempts ?? null,
    detail: failed?.detail ?? null,
    occurred_at: isoInstant(event.occurredAt),
    changed_by_event: event.eventId,
  }
}

const changing = [
  'round',
  'rank',
  'status',
  'kind',
  'mimetype',
  'file_name',
  'width',
  'height',
  'duration_seconds',
  'pages',
  'size_bytes',
  'sha256',
  'sha256_matches',
  'incoming_key',
  'key',
  'extension',
  'thumbnail_key',
  'stage',
  'reason',
  'retryable',
  'attempts',
  'detail',
  'occurred_at',
  'changed_by_event',
]
