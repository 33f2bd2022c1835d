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
  const labels = ['projection']
  const events = metrics.counter({ name: 'zaplog_projection_events_total', help: 'Events projected.', labels })
  const duplicates = metrics.counter({
    name: 'zaplog_events_duplicate_total',
    help: 'Copies of events that were dropped.',
    labels,
  })
  const conflicts = metrics.counter({
    name: 'zaplog_event_id_conflicts_total',
    help: 'Copies that said something else than the first one; they were dropped.',
    labels,
  })
  const emitted = metrics.counter({
    name: 'zaplog_projection_emitted_total',
    help: 'Records that projections owed to the log.',
    labels,
  })
  const passedOver = metrics.counter({
    name: 'zaplog_projection_passed_over_total',
    help: 'Records of event types that this version does not know.',
    labels,
  })
  const seconds = metrics.histogram({
    name: 'zaplog_projection_batch_seconds',
    help: 'Time to apply one batch, its wait for others that share the transaction included.',
    labels,
  })
  const quarantined = metrics.gauge({
    name: 'zaplog_projection_quarantined_keys',
    help: 'Instances left out of a projection.',
    labels,
  })
  const lagRecords = metrics.gauge({
    name: 'zaplog_projection_lag_records',
    help: 'Records not yet projected by this process.',
    labels,
  })
  const lagSeconds = metrics.gauge({
    name: 'zaplog_projection_lag_seconds',
    help: 'Age of the oldest record not yet projected.',
    labels,
  })
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
