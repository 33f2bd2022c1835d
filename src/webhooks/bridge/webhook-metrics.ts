// What the bridge counts: attempts by outcome and time, copies that were dropped, and what is held, waiting or pending, with its age.
import { countAccounted } from '../../runtime/account-metrics.ts'
import type { Metrics } from '../../runtime/metrics.ts'

export type AttemptMetrics = ReturnType<typeof createAttemptMetrics>
export const createAttemptMetrics = (metrics: Metrics) => ({
  attempts: metrics.counter('zaplog_webhook_attempts_total'),
  seconds: metrics.histogram('zaplog_webhook_attempt_seconds'),
  count: countAccounted(metrics),
  copies: metrics.counter('zaplog_webhook_copies_total'),
})

export type BacklogMetrics = ReturnType<typeof createBacklogMetrics>
export const createBacklogMetrics = (metrics: Metrics) => ({
  waiting: metrics.gauge('zaplog_webhook_waiting_deliveries'),
  waitingAge: metrics.gauge('zaplog_webhook_waiting_oldest_seconds'),
  held: metrics.gauge('zaplog_webhook_held_deliveries'),
  heldAge: metrics.gauge('zaplog_webhook_held_oldest_seconds'),
  pending: metrics.gauge('zaplog_webhook_pending_deliveries'),
  pendingAge: metrics.gauge('zaplog_webhook_pending_oldest_seconds'),
  dead: metrics.gauge('zaplog_webhook_dead_deliveries'),
  failing: metrics.gauge('zaplog_webhook_failing_endpoints'),
  disabled: metrics.gauge('zaplog_webhook_disabled_endpoints'),
})
