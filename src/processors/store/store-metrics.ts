// What storing is measured by.
import type { Metrics } from '../../runtime/metrics.ts'
import { createFailureCounters } from '../media-failed.ts'

export type StoreMetrics = ReturnType<typeof createStoreMetrics>

export const createStoreMetrics = (metrics: Metrics) => ({
  ...createFailureCounters(metrics),
  stored: metrics.counter('zaplog_media_stored_total'),
  storedBytes: metrics.counter('zaplog_media_stored_bytes_total'),
  thumbnailFailures: metrics.counter('zaplog_media_thumbnail_failures_total'),
})
