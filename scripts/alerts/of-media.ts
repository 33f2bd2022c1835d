// Alerts of files: that fail, that wait too long, and that are too many.
import { greatest, increase, shareOf, value } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

/** What is counted together, none of it where nothing of it was counted yet. */
const sum = (...parts: readonly { expr: string }[]): string =>
  `(${parts.map(({ expr }) => `(${expr} or vector(0))`).join(' + ')})`

const WINDOW = '15m'
/** So many at least: of one file that failed nobody is woken, though it is all there was. */
const FLOOR = 5
const downloadsFailed = increase('zaplog_media_downloads_total', WINDOW, { where: { outcome: 'failed' } })
const downloadsEnded = increase('zaplog_media_downloads_total', WINDOW, {
  where: { outcome: ['downloaded', 'reused', 'failed'] },
})
/** What the bucket refuses while it is fetched never comes to be stored. */
const notStored = sum(
  increase('zaplog_media_failures_total', WINDOW, { where: { stage: 'store' } }),
  increase('zaplog_media_failures_total', WINDOW, { where: { stage: 'download', reason: 'storage-refused' } }),
  increase('zaplog_uploads_prepared_total', WINDOW, { where: { outcome: 'failed' } }),
)
const done = sum(
  increase('zaplog_media_stored_total', WINDOW),
  increase('zaplog_uploads_prepared_total', WINDOW, { where: { outcome: 'ready' } }),
)
const oldestPending = greatest('zaplog_media_pending_oldest_seconds').expr

/** A rule of its own, in a file that is written by hand: each zaplog has another. */
const BUDGET = 'zaplog:media_kept_bytes:budget'

export const mediaAlerts: readonly Alert[] = [
  {
    name: 'ZaplogUploadFailures',
    expr: `(${notStored} / (${notStored} + ${done} > 0) > 0.1) and ${notStored} >= ${FLOOR}`,
    ...{ for: '5m', severity: 'page', board: 'media', cli: 'zaplog media list --status failed' },
    summary: 'More than one of ten files that were to be stored, or prepared to be sent, failed in the last quarter of an hour.',
    means: `For good, and ${FLOOR} or more of them: their messages have no file, or were not sent. A store that is away is not among it, as files wait for that.`,
    action:
      'zaplog media why ID says the reason of one, zaplog uploads list that of a file to send. storage-refused is the bucket’s word: zaplog doctor tries it. corrupt, too-large and type-not-allowed are about the files.',
    tried: [
      firesAfter(20, {
        'zaplog_media_failures_total{kind="image", stage="store", reason="storage-refused"}': '0+1x30',
        'zaplog_media_stored_total{kind="image"}': '0+5x30',
      }),
      firesAfter(20, {
        'zaplog_uploads_prepared_total{outcome="failed"}': '0+1x30',
        'zaplog_uploads_prepared_total{outcome="ready"}': '0+1x30',
      }),
      quietAfter(20, {
        'zaplog_media_failures_total{kind="image", stage="store", reason="storage-refused"}': '0+1x30',
        'zaplog_media_stored_total{kind="image"}': '0+15x30',
      }),
      firesAfter(20, { 'zaplog_media_failures_total{kind="image", stage="download", reason="storage-refused"}': '0+1x30' }),
      quietAfter(20, { 'zaplog_media_failures_total{kind="image", stage="download", reason="gone"}': '0+1x30' }),
      // Five of five, and one of one, and four.
      firesAfter(20, { 'zaplog_media_failures_total{kind="image", stage="store", reason="storage-refused"}': '0x10 5x20' }),
      quietAfter(20, { 'zaplog_media_failures_total{kind="image", stage="store", reason="storage-refused"}': '0x10 1x20' }),
      quietAfter(20, { 'zaplog_media_failures_total{kind="image", stage="store", reason="storage-refused"}': '0x10 4x20' }),
      quietAfter(20, { 'zaplog_uploads_prepared_total{outcome="failed"}': '0x10 1x20' }),
      quietAfter(20, { 'zaplog_media_stored_total{kind="image"}': '3x30' }),
    ],
  },
  {
    name: 'ZaplogDownloadFailures',
    expr: `(${shareOf(downloadsFailed, downloadsEnded).expr} > 0.1) and ${downloadsFailed.expr} >= ${FLOOR}`,
    ...{ for: '5m', severity: 'ticket', board: 'media', cli: 'zaplog media list --status failed' },
    summary: 'More than one of ten files could not be fetched from WhatsApp in the last quarter of an hour.',
    means: `For good, after every attempt, and ${FLOOR} or more of them: their messages went out with media.status failed. A sender’s one damaged file is not enough.`,
    action:
      'zaplog media why ID says the reason of one. gone and no-url are WhatsApp’s; timeout and connection the line’s, or a proxy’s; bad-mac and bad-hash the sender’s.',
    tried: [
      firesAfter(20, {
        'zaplog_media_downloads_total{kind="image", outcome="failed"}': '0+1x30',
        'zaplog_media_downloads_total{kind="image", outcome="downloaded"}': '0+5x30',
      }),
      quietAfter(20, {
        'zaplog_media_downloads_total{kind="image", outcome="failed"}': '0+1x30',
        'zaplog_media_downloads_total{kind="image", outcome="downloaded"}': '0+15x30',
      }),
      firesAfter(20, { 'zaplog_media_downloads_total{kind="image", outcome="failed"}': '0x10 5x20' }),
      quietAfter(20, { 'zaplog_media_downloads_total{kind="image", outcome="failed"}': '0x10 1x20' }),
    ],
  },
  {
    name: 'ZaplogStorageRefuses',
    expr: `${increase('zaplog_media_failures_total', WINDOW, { where: { reason: 'storage-refused' } }).expr} > 0`,
    ...{ for: '0s', severity: 'ticket', board: 'media', cli: 'zaplog doctor' },
    summary: 'The object store refused files for good.',
    means: `One is enough: it is not tried again. ${FLOOR} in a quarter of an hour, and more than one of ten, are ZaplogUploadFailures besides, which calls somebody.`,
    action:
      'zaplog doctor tries the bucket and names the right or the limit that is missing. The files are kept by WhatsApp for some days: mend it before that.',
    tried: [
      firesAfter(5, { 'zaplog_media_failures_total{kind="video", stage="store", reason="storage-refused"}': '0 0 1x8' }),
      quietAfter(5, { 'zaplog_media_failures_total{kind="video", stage="store", reason="too-large"}': '0 0 1x8' }),
    ],
  },
  {
    name: 'ZaplogMediaNearExpiry',
    // Between two attempts a file is in nobody's hand, for a minute at most. One that is done is forgotten before ten minutes are over.
    expr: `max(max_over_time(zaplog_media_near_expiry[5m])) > 0 or (${oldestPending} > 3 * 86400 unless max(zaplog_media_near_expiry))`,
    ...{ for: '10m', severity: 'page', board: 'media', cli: 'zaplog media list --status pending' },
    summary:
      'Files are not fetched whose links at WhatsApp’s CDN end within a day, or that wait for three days and nobody fetches.',
    means:
      'Attempts go on for ten minutes and more, or no process has the role processors. Files that wait with days to go, and what came while zaplog was off and is fetched now, are not among it.',
    action:
      'See that a process with the role processors runs, that it is not paused (zaplog status), and that the object store is there (zaplog doctor). What is not fetched in time is gone.',
    tried: [
      firesAfter(12, { zaplog_media_near_expiry: '0 1x12' }),
      // Between attempts.
      firesAfter(14, { zaplog_media_near_expiry: '1 0 1 0 0 1 0 1 0 0 1 0 1 0 1' }),
      firesAfter(12, { zaplog_media_pending_oldest_seconds: '259201x14' }),
      // Fetched in the end.
      quietAfter(9, { zaplog_media_near_expiry: '0 1 0x12' }),
      quietAfter(12, { zaplog_media_near_expiry: '0 1 0x12' }),
      quietAfter(12, { zaplog_media_pending_oldest_seconds: '259100x14' }),
      // They wait, somebody works on them, and no link ends soon.
      quietAfter(12, { zaplog_media_pending_oldest_seconds: '400000x14', zaplog_media_near_expiry: '0x14' }),
    ],
  },
  {
    name: 'ZaplogMediaWaits',
    expr: `${oldestPending} > 86400`,
    ...{ for: '1h', severity: 'ticket', board: 'media', cli: 'zaplog media list --status pending' },
    summary: 'The oldest file that is neither stored nor failed belongs to a message from {{ $value | humanizeDuration }} ago.',
    means:
      'For an hour now, so that it is not what came while zaplog was off. It waits, and is not lost: where its link ends within a day, ZaplogMediaNearExpiry calls somebody.',
    action:
      'zaplog media why ID says what it waits for: a turn (MEDIA_MAX_TRANSFERS), the object store, or WhatsApp’s CDN, which asked for a pause.',
    tried: [
      firesAfter(65, { zaplog_media_pending_oldest_seconds: '86401+60x70' }),
      quietAfter(65, { zaplog_media_pending_oldest_seconds: '0+60x70' }),
      // Of two days without zaplog, fetched within the hour.
      quietAfter(65, { zaplog_media_pending_oldest_seconds: '172800x50 0x20' }),
    ],
  },
  {
    name: 'ZaplogStoredBytesOverBudget',
    expr: `sum(${value('zaplog_media_kept_bytes', { by: ['kind'] }).expr}) > scalar(${BUDGET})`,
    ...{ for: '10m', severity: 'ticket', board: 'media', cli: 'zaplog media list' },
    summary: 'Files take {{ $value | humanize1024 }}B, more than is budgeted.',
    means: 'A bound that you set, of what the object store holds for messages. Nothing stops at it.',
    action: `Raise the budget, the rule ${BUDGET} in infra/prometheus/budget.rules.yml, or let the bucket delete what is old by a rule of its own.`,
    tried: [
      firesAfter(15, {
        'zaplog_media_kept_bytes{kind="video", instance="a"}': '400000000000x20',
        'zaplog_media_kept_bytes{kind="image", instance="a"}': '100000000001x20',
      }),
      quietAfter(15, {
        'zaplog_media_kept_bytes{kind="video", instance="a"}': '400000000000x20',
        'zaplog_media_kept_bytes{kind="video", instance="b"}': '400000000000x20',
      }),
    ],
  },
]
