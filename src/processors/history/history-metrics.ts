// What working off history is measured by.
import type { Metrics } from '../../runtime/metrics.ts'

export type HistoryMetrics = ReturnType<typeof createHistoryMetrics>

export const createHistoryMetrics = (metrics: Metrics) => ({
  messages: metrics.counter('zaplog_history_messages_total'),
  parts: metrics.counter('zaplog_history_parts_total'),
})
