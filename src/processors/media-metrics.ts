// What the media processors count. Instances are a label of one counter alone, and there without reasons: cardinality stays bounded.
import type { Metrics } from '../runtime/metrics.ts'
import type { TransferSlots } from './transfer-slots.ts'

export type MediaMetrics = ReturnType<typeof createMediaMetrics>

export function createMediaMetrics(metrics: Metrics, slots: TransferSlots, clock: () => number) {
  /** When each file in hand was recorded, by a mark of its own. */
  const inHand = new Map<symbol, number>()
  const downloads = metrics.counter({
    name: 'zaplog_media_downloads_total',
    help: 'Downloads by outcome: downloaded, reused, retried, failed',
    labels: ['outcome', 'kind'],
  })
  const failures = metrics.counter({
    name: 'zaplog_media_failures_total',
    help: 'Files finally failed',
    labels: ['kind', 'stage', 'reason'],
  })
  const instanceFailures = metrics.counter({
    name: 'zaplog_media_instance_failures_total',
    help: 'Files finally failed, by instance; the reasons are in zaplog_media_failures_total',
    labels: ['instance_id', 'kind', 'stage'],
  })
  const seconds = metrics.histogram({
    name: 'zaplog_media_download_seconds',
    help: 'Time to fetch, decrypt and keep one file',
    labels: ['kind'],
  })
  const downloadedBytes = metrics.counter({
    name: 'zaplog_media_downloaded_bytes_total',
    help: 'Plain bytes fetched',
    labels: ['kind'],
  })
  const stored = metrics.counter({ name: 'zaplog_media_stored_total', help: 'Files at their final key', labels: ['kind'] })
  const storedBytes = metrics.counter({
    name: 'zaplog_media_stored_bytes_total',
    help: 'Bytes at final keys',
    labels: ['kind'],
  })
  const thumbnailFailures = metrics.counter({
    name: 'zaplog_media_thumbnail_failures_total',
    help: 'Images stored without a thumbnail',
  })
  metrics.gauge({ name: 'zaplog_media_transfers', help: 'Downloads running', collect: gauge => gauge.set(slots.taken()) })
  metrics.gauge({
    name: 'zaplog_media_transfers_waiting',
    help: 'Downloads waiting for a turn',
    collect: gauge => gauge.set(slots.waiting()),
  })
  metrics.gauge({
    name: 'zaplog_media_oldest_undownloaded_seconds',
    help: 'Age of the oldest file being downloaded or waiting here; 0 when there is none',
    collect: gauge => gauge.set(inHand.size === 0 ? 0 : Math.max(0, clock() - Math.min(...inHand.values())) / 1000),
  })

  return {
    downloads,
    seconds,
    downloadedBytes,
    stored,
    storedBytes,
    thumbnailFailures,
    failed({
      instanceId,
      kind,
      stage,
      reason,
    }: {
      instanceId: string
      kind: string
      stage: 'download' | 'store'
      reason: string
    }) {
      failures.inc({ kind, stage, reason })
      instanceFailures.inc({ instance_id: instanceId, kind, stage })
    },
    /** Counts a file as waiting from when it was recorded until the answer is called. */
    hold(recordedAt: number): () => void {
      const mark = Symbol('file')
      inHand.set(mark, recordedAt)
      return () => void inHand.delete(mark)
    },
  }
}
