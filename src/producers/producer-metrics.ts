// What producers count. Labels are bounded: names come from tables of ours, never from the wire.
import { commandsEnded } from '../instances/commands-ended.ts'
import type { Metrics } from '../runtime/metrics.ts'

export type ProducerMetrics = ReturnType<typeof createProducerMetrics>

export function createProducerMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge('zaplog_sockets'),
    appended: metrics.counter('zaplog_events_appended_total'),
    ignored: metrics.counter('zaplog_events_ignored_total'),
    undecryptable: metrics.counter('zaplog_undecryptable_total'),
    sealed: metrics.counter('zaplog_sealed_messages_total'),
    unknown: metrics.counter('zaplog_events_unknown_total'),
    unlisted: metrics.counter('zaplog_events_unlisted_total'),
    untaken: metrics.counter('zaplog_events_untaken_total'),
    presenceLost: metrics.counter('zaplog_presence_lost_total'),
    shrunk: metrics.counter('zaplog_events_shrunk_total'),
    kept: metrics.counter('zaplog_stanzas_kept_total'),
    redelivered: metrics.counter('zaplog_parts_redelivered_total'),
    commandsEnded: commandsEnded(metrics),
    signs: metrics.counter('zaplog_processing_signs_total'),
    closes: metrics.counter('zaplog_socket_closes_total'),
    appendSeconds: metrics.histogram('zaplog_append_seconds'),
  }
}
