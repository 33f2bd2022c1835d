// What the bridge counts: attempts by outcome and time, copies that were dropped, and what is held, waiting or pending, with its age.
import { countAccounted } from '../../runtime/account-metrics.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { MOST_COUNTED } from '../deliveries/delivery-counts.ts'

export type AttemptMetrics = ReturnType<typeof createAttemptMetrics>
export const createAttemptMetrics = (metrics: Metrics) => ({
  attempts: metrics.counter({ name: 'zaplog_webhook_attempts_total', help: 'Attempts by outcome.', labels: ['outcome'] }),
  seconds: metrics.histogram({ name: 'zaplog_webhook_attempt_seconds', help: 'Time of one whole exchange.' }),
  count: countAccounted(metrics),
  copies: metrics.counter({ name: 'zaplog_webhook_copies_total', help: 'Deliveries that came again and were finished already.' }),
})

export function createBacklogMetrics(metrics: Metrics) {
  const gauge = (name: `zaplog_${string}`, help: string) => metrics.gauge({ name, help })
  return {
    waiting: gauge(
      'zaplog_webhook_waiting_deliveries',
      `Deliveries waiting as rows; an estimate where more than ${MOST_COUNTED} wait for one endpoint.`,
    ),
    waitingAge: gauge('zaplog_webhook_waiting_oldest_seconds', 'Age of the oldest waiting delivery.'),
    held: gauge(
      'zaplog_webhook_held_deliveries',
      `Deliveries held for media, or behind one that is; an estimate above ${MOST_COUNTED}.`,
    ),
    heldAge: gauge('zaplog_webhook_held_oldest_seconds', 'Age of the oldest held delivery.'),
    pending: gauge('zaplog_webhook_pending_deliveries', 'Deliveries in the log that this process has not finished.'),
    pendingAge: gauge('zaplog_webhook_pending_oldest_seconds', 'Age of the oldest of them.'),
    dead: gauge(
      'zaplog_webhook_dead_deliveries',
      `Deliveries given up in the last 24 h, of one endpoint counted up to ${MOST_COUNTED}.`,
    ),
    failing: gauge('zaplog_webhook_failing_endpoints', 'Endpoints whose last word was no 2xx, for 5 min or longer.'),
  }
}
