// What a projection did, as counters; how far behind it is, as gauges. Several projections of one process share the names.
import { countAccounted } from '../runtime/account-metrics.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Placed } from './projection.ts'

export type ProjectionMetrics = {
  applied(counts: { applied: number; duplicates: number; conflicts: number; emitted: number }): void
  /** By instance and by type, of a projection that is accounted. */
  projected(fresh: readonly Placed[]): void
  /** Records of a newer version's event types. */
  passedOver(records: number): void
  batchSeconds(durationSeconds: number): void
  quarantinedKeys(count: number): void
  /** null: nobody knows, and the gauge says so by being absent. */
  lag(of: { records: number; seconds: number } | null): void
}

export function openProjectionMetrics(metrics: Metrics, projection: string): ProjectionMetrics {
  const events = metrics.counter('zaplog_projection_events_total')
  const duplicates = metrics.counter('zaplog_events_duplicate_total')
  const conflicts = metrics.counter('zaplog_event_id_conflicts_total')
  const emitted = metrics.counter('zaplog_projection_emitted_total')
  const passedOver = metrics.counter('zaplog_projection_passed_over_total')
  const seconds = metrics.histogram('zaplog_projection_batch_seconds')
  const quarantined = metrics.gauge('zaplog_projection_quarantined_keys')
  const lagRecords = metrics.gauge('zaplog_projection_lag_records')
  const lagSeconds = metrics.gauge('zaplog_projection_lag_seconds')
  const count = countAccounted(metrics)
  const own = { projection }
  return {
    applied: counts => {
      events.inc(own, counts.applied)
      duplicates.inc(own, counts.duplicates)
      conflicts.inc(own, counts.conflicts)
      emitted.inc(own, counts.emitted)
    },
    projected: fresh => {
      for (const { event } of fresh) count('projected', event)
    },
    passedOver: records => passedOver.inc(own, records),
    batchSeconds: durationSeconds => seconds.observe(own, durationSeconds),
    quarantinedKeys: count => quarantined.set(own, count),
    lag: of => {
      if (of === null) {
        lagRecords.remove(own)
        lagSeconds.remove(own)
        return
      }
      lagRecords.set(own, of.records)
      lagSeconds.set(own, of.seconds)
    },
  }
}
