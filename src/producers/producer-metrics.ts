// What producers count. Labels are bounded: names come from tables of ours, never from the wire.
import { commandsEnded } from '../instances/commands-ended.ts'
import type { Metrics } from '../runtime/metrics.ts'

export type ProducerMetrics = ReturnType<typeof createProducerMetrics>

export function createProducerMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge({ name: 'zaplog_sockets', help: 'Instances by state.', labels: ['state'] }),
    appended: metrics.counter({
      name: 'zaplog_events_appended_total',
      help: 'Events made durable by producers.',
      labels: ['type'],
    }),
    ignored: metrics.counter({ name: 'zaplog_events_ignored_total', help: 'What is not appended, by name.', labels: ['name'] }),
    undecryptable: metrics.counter({
      name: 'zaplog_undecryptable_total',
      help: 'Message parts that could not be decrypted.',
      labels: ['encryption'],
    }),
    sealed: metrics.counter({
      name: 'zaplog_sealed_messages_total',
      help: 'What came sealed with an unknown secret, by what became of it: kept, opened, dropped.',
      labels: ['outcome'],
    }),
    unknown: metrics.counter({
      name: 'zaplog_events_unknown_total',
      help: 'Events appended as unknown, by source.',
      labels: ['source'],
    }),
    unlisted: metrics.counter({
      name: 'zaplog_events_unlisted_total',
      help: 'Events of Baileys that this version does not list; appended as unknown.',
    }),
    untaken: metrics.counter({
      name: 'zaplog_events_untaken_total',
      help: 'Events of Baileys that could not be taken in; the log line says which.',
    }),
    presenceLost: metrics.counter({
      name: 'zaplog_presence_lost_total',
      help: 'Presence that could not be appended at once; nothing else waits for it.',
    }),
    shrunk: metrics.counter({
      name: 'zaplog_events_shrunk_total',
      help: 'Events that could not be appended as they were: raw moved to the object store, or made unknown.',
      labels: ['how'],
    }),
    kept: metrics.counter({
      name: 'zaplog_stanzas_kept_total',
      help: 'Stanzas that the log refused for good in every form: kept sealed in kept_stanzas, and acknowledged.',
    }),
    redelivered: metrics.counter({
      name: 'zaplog_parts_redelivered_total',
      help: 'Message parts that came again although they are in the log.',
    }),
    commandsEnded: commandsEnded(metrics),
    signs: metrics.counter({
      name: 'zaplog_processing_signs_total',
      help: 'Reactions that say that a message is being worked on, by what became of each: shown, left-out, refused. The last of each is a command.',
      labels: ['outcome'],
    }),
    closes: metrics.counter({ name: 'zaplog_socket_closes_total', help: 'Sockets that ended, by reason.', labels: ['reason'] }),
    appendSeconds: metrics.histogram({ name: 'zaplog_append_seconds', help: 'From a stanza part to its durable record.' }),
  }
}
