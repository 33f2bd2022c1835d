// What downloads are measured by.
import type { FairTurns } from '../../runtime/fair-turns.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { createFailureCounters } from '../media-failed.ts'

export type DownloadMetrics = ReturnType<typeof createDownloadMetrics>

export function createDownloadMetrics(metrics: Metrics, turns: FairTurns, clock: () => number) {
  /** When each file in hand was recorded, by a mark of its own. */
  const inHand = new Map<symbol, number>()
  metrics.gauge('zaplog_media_transfers', gauge => gauge.set(turns.held()))
  metrics.gauge('zaplog_media_transfers_waiting', gauge => gauge.set(turns.waiting()))
  metrics.gauge('zaplog_media_oldest_undownloaded_seconds', gauge =>
    gauge.set(inHand.size === 0 ? 0 : Math.max(0, clock() - Math.min(...inHand.values())) / 1000),
  )
  return {
    ...createFailureCounters(metrics),
    downloads: metrics.counter('zaplog_media_downloads_total'),
    seconds: metrics.histogram('zaplog_media_download_seconds'),
    downloadedBytes: metrics.counter('zaplog_media_downloaded_bytes_total'),
    reusedBytes: metrics.counter('zaplog_media_reused_bytes_total'),
    /** Counts a file as waiting from when it was recorded until the answer is called. */
    hold(recordedAt: number): () => void {
      const mark = Symbol('file')
      inHand.set(mark, recordedAt)
      return () => void inHand.delete(mark)
    },
  }
}
