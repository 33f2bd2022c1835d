// Alerts of files: that fail, that wait too long, and that are too many.
import { greatest, increase, shareOf, value } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

/** What is counted together, none of it where nothing of it was counted yet. */
const sum = (...parts: readonly { expr: string }[]): string =>
  `(${parts.map(({ expr }) => `(${expr} or vector(0))`).join(' + ')})`

const WINDOW = '15m'
const storesFailed = increase('zaplog_media_failures_total', WINDOW, { where: { stage: 'store' } })
const stored = increase('zaplog_media_stored_total', WINDOW)
const preparedFailed = increase('zaplog_uploads_prepared_total', WINDOW, { where: { outcome: 'failed' } })
const prepared = increase('zaplog_uploads_prepared_total', WINDOW, { where: { outcome: 'ready' } })
const downloadsFailed = increase('zaplog_media_downloads_total', WINDOW, { where: { outcome: 'failed' } })
const downloadsEnded = increase('zaplog_media_downloads_total', WINDOW, {
  where: { outcome: ['downloaded', 'reused', 'failed'] },
})

/** A rule of its own, in a file that is written by hand: each zaplog has another. */
const BUDGET = 'zaplog:media_kept_bytes:budget'

export const mediaAlerts: readonly Alert[] = [
  {
    name: 'ZaplogUploadFailures',
    expr: `${sum(storesFailed, preparedFailed)} / (${sum(storesFailed, preparedFailed, stored, prepared)} > 0) > 0.1`,
    ...{ for: '5m', severity: 'page', board: 'media', cli: 'zaplog media list --status failed' },
    summary: 'More than one of ten files that were to be stored, or prepared to be sent, failed in the last quarter of an hour.',
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
      quietAfter(20, { 'zaplog_media_failures_total{kind="image", stage="download", reason="gone"}': '0+1x30' }),
      quietAfter(20, { 'zaplog_media_stored_total{kind="image"}': '3x30' }),
    ],
  },
  {
    name: 'ZaplogDownloadFailures',
    expr: `${shareOf(downloadsFailed, downloadsEnded).expr} > 0.1`,
    ...{ for: '5m', severity: 'ticket', board: 'media', cli: 'zaplog media list --status failed' },
    summary: 'More than one of ten files could not be fetched from WhatsApp in the last quarter of an hour.',
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
    ],
  },
  {
    name: 'ZaplogStorageRefuses',
    expr: `${increase('zaplog_media_failures_total', WINDOW, { where: { reason: 'storage-refused' } }).expr} > 0`,
    ...{ for: '0s', severity: 'page', board: 'media', cli: 'zaplog doctor' },
    summary: 'The object store refused files for good.',
    action:
      'zaplog doctor tries the bucket and names the right or the limit that is missing. The files are kept by WhatsApp for some days: mend it before that.',
    tried: [
      firesAfter(5, { 'zaplog_media_failures_total{kind="video", stage="store", reason="storage-refused"}': '0 0 1x8' }),
      quietAfter(5, { 'zaplog_media_failures_total{kind="video", stage="store", reason="too-large"}': '0 0 1x8' }),
    ],
  },
  {
    name: 'ZaplogMediaNearExpiry',
    expr: `max(max_over_time(zaplog_media_near_expiry[15m])) > 0 or ${greatest('zaplog_media_pending_oldest_seconds').expr} > 3 * 86400`,
    ...{ for: '10m', severity: 'page', board: 'media', cli: 'zaplog media list --status pending' },
    summary: 'Files are not fetched whose links at WhatsApp’s CDN end within a day, or that wait for three days.',
    action:
      'See that a process with the role processors runs, that it is not paused (zaplog status), and that the object store is there (zaplog doctor). What is not fetched in time is gone.',
    tried: [
      firesAfter(12, { zaplog_media_near_expiry: '0 1 0x12' }),
      firesAfter(12, { zaplog_media_pending_oldest_seconds: '259201x14', zaplog_media_near_expiry: '0x14' }),
      quietAfter(12, { zaplog_media_pending_oldest_seconds: '259100x14', zaplog_media_near_expiry: '0x14' }),
      // What came while zaplog was off for days, and is fetched now.
      quietAfter(4, { zaplog_media_pending_oldest_seconds: '400000x5 0x9', zaplog_media_near_expiry: '0x14' }),
    ],
  },
  {
    name: 'ZaplogStoredBytesOverBudget',
    expr: `sum(${value('zaplog_media_kept_bytes', { by: ['kind'] }).expr}) > scalar(${BUDGET})`,
    ...{ for: '10m', severity: 'ticket', board: 'media', cli: 'zaplog media list' },
    summary: 'Files take {{ $value | humanize1024 }}B, more than is budgeted.',
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
