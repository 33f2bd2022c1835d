// What storing is measured by.
import type { Metrics } from '../../runtime/metrics.ts'
import { createFailureCounters } from '../media-failed.ts'

export type StoreMetrics = ReturnType<typeof createStoreMetrics>

export const createStoreMetrics = (metrics: Metrics) => ({
  ...createFailureCounters(metrics),
  stored: metrics.counter({ name: 'zaplog_media_stored_total', help: 'Files at their final key', labels: ['kind'] }),
  storedBytes: metrics.counter({
    name: 'zaplog_media_stored_bytes_total',
    help: 'Bytes at final keys',
    labels: ['kind'],
  }),
  thumbnailFailures: metrics.counter({
    name: 'zaplog_media_thumbnail_failures_total',
    help: 'Images stored without a thumbnail',
  }),
})
