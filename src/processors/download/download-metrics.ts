// What downloads are measured by.
import type { FairTurns } from '../../runtime/fair-turns.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { createFailureCounters } from '../media-failed.ts'

export type DownloadMetrics = ReturnType<typeof createDownloadMetrics>

export function createDownloadMetrics(metrics: Metrics, turns: FairTurns, clock: () => number) {
  /** When each file in hand was recorded, by a mark of its own. */
  const inHand = new Map<symbol, number>()
  metrics.gauge({ name: 'zaplog_media_transfers', help: 'Downloads running', collect: gauge => gauge.set(turns.held()) })
  metrics.gauge({
    name: 'zaplog_media_transfers_waiting',
    help: 'Downloads waiting for a turn',
    collect: gauge => gauge.set(turns.waiting()),
  })
  metrics.gauge({
    name: 'zaplog_media_oldest_undownloaded_seconds',
    help: 'Age of the oldest file being downloaded or waiting here; 0 when there is none',
    collect: gauge => gauge.set(inHand.size === 0 ? 0 : Math.max(0, clock() - Math.min(...inHand.values())) / 1000),
  })
  return {
    ...createFailureCounters(metrics),
    downloads: metrics.counter({
      name: 'zaplog_media_downloads_total',
      help: 'Downloads by outcome: downloaded, reused, retried, failed',
      labels: ['outcome', 'kind'],
    }),
    seconds: metrics.histogram({
      name: 'zaplog_media_download_seconds',
      help: 'Time to fetch, decrypt and keep one file',
      labels: ['kind'],
    }),
    downloadedBytes: metrics.counter({
      name: 'zaplog_media_downloaded_bytes_total',
      help: 'Plain bytes fetched',
      labels: ['kind'],
    }),
    /** Counts a file as waiting from when it was recorded until the answer is called. */
    hold(recordedAt: number): () => void {
      const mark = Symbol('file')
      inHand.set(mark, recordedAt)
      return () => void inHand.delete(mark)
    },
  }
}
