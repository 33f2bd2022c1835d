// What working off history is measured by.
import type { Metrics } from '../../runtime/metrics.ts'

export type HistoryMetrics = ReturnType<typeof createHistoryMetrics>

export const createHistoryMetrics = (metrics: Metrics) => ({
  messages: metrics.counter({
    name: 'zaplog_history_messages_total',
    help: 'Messages of phones’ histories that are done with, those left out by settings among them',
  }),
  parts: metrics.counter({
    name: 'zaplog_history_parts_total',
    help: 'Parts of phones’ histories by outcome: completed, failed, retried',
    labels: ['outcome'],
  }),
})
