// The board to begin with: whether all is well, and which board says more where it is not.
import type { Board } from './board.ts'
import { greatest, least, perSecond, quantile, shareInEach, value } from './query.ts'

export const overview: Board = {
  name: 'overview',
  title: 'zaplog: overview',
  description: 'Whether all is well. Each panel leads to the board that says more.',
  rows: [
    {
      title: 'Is anything away, late or lost?',
      panels: [
        {
          ...{ title: 'Parts', shows: 'number', width: 6, redBelow: 1, down: 'log', cli: 'zaplog status' },
          tells: 'What zaplog stands on. Away: work that needs it waits, nothing is lost.',
          queries: [{ query: least('zaplog_part_up', { by: ['part'] }) }],
        },
        {
          ...{ title: 'Checks that are not ok', shows: 'number', width: 6, redFrom: 1, down: 'log', cli: 'zaplog status' },
          tells: 'Checks of readiness: degraded names what keeps it from some work, failed asks for a restart.',
          queries: [{ query: value('zaplog_checks', { by: ['state'], without: { state: 'ok' } }) }],
        },
        {
          ...{ title: 'Sequence gaps', shows: 'number', width: 4, redFrom: 1, down: 'log', cli: 'zaplog status' },
          tells: 'Events of the last 24 hours that have a number and are not in the log: a loss. 0 while all is well.',
          queries: [{ query: value('zaplog_sequence_gaps') }],
        },
        {
          ...{ title: 'Dead letters', shows: 'number', width: 4, redFrom: 1, down: 'log', cli: 'zaplog topics --live' },
          tells: 'Records that no attempt could finish, kept with why.',
          queries: [{ query: value('zaplog_dead_letter_records') }],
        },
        {
          ...{ title: 'Silent accounts', shows: 'number', width: 4, redFrom: 1, down: 'instances', cli: 'zaplog status' },
          tells: 'Open accounts that have heard nothing from WhatsApp for ten minutes.',
          queries: [{ query: value('zaplog_instances_silent') }],
        },
      ],
    },
    {
      title: 'What flows',
      panels: [
        {
          ...{ title: 'Accounts', down: 'instances', cli: 'zaplog instances list' },
          tells: 'By state. Those that are not open receive nothing; qr and logged-out wait for a person.',
          queries: [{ query: value('zaplog_sockets', { by: ['state'] }) }],
        },
        {
          ...{ title: 'Events', down: 'instances', cli: 'zaplog events tail' },
          tells: 'What is made durable, all types together.',
          queries: [{ query: perSecond('zaplog_events_appended_total') }],
        },
        {
          ...{ title: 'Webhook attempts', down: 'webhooks', cli: 'zaplog webhooks list' },
          tells: 'By what came of them: retrying and waiting say how unwell receivers are.',
          queries: [{ query: perSecond('zaplog_webhook_attempts_total', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'How late the read model is', down: 'projections', cli: 'zaplog lag' },
          tells: 'Age of the oldest record that a projection has not taken in: lists, webhooks and commands are as late.',
          queries: [{ query: greatest('zaplog_projection_lag_seconds', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'How late files are', down: 'media', cli: 'zaplog lag' },
          tells: 'Age of the oldest record that a processor has not finished.',
          queries: [{ query: greatest('zaplog_processor_lag_seconds', { by: ['processor'] }) }],
        },
        {
          ...{ title: 'Commands that wait', down: 'account', cli: 'zaplog commands list --state waiting' },
          tells: 'What was asked of accounts and is not over, by what it waits for.',
          queries: [{ query: value('zaplog_commands_waiting', { by: ['reason'] }) }],
        },
      ],
    },
    {
      title: 'The process',
      panels: [
        {
          ...{ title: 'Disk of DATA_DIR, free', width: 6, shows: 'number', redBelow: 0.1, down: 'media', cli: 'zaplog doctor' },
          tells: 'The share that may still be written. At 0 an embedded Postgres and files on disk stop.',
          queries: [{ query: shareInEach('min', 'zaplog_data_dir_free_bytes', 'zaplog_data_dir_size_bytes') }],
        },
        {
          ...{ title: 'Files and sockets', width: 6, redFrom: 0.9, down: 'instances', cli: 'zaplog status' },
          tells: 'The share of those that the process may have open. Near 1 the next socket of an account may not open.',
          queries: [{ query: shareInEach('max', 'zaplog_open_descriptors', 'zaplog_max_descriptors') }],
        },
        {
          ...{ title: 'Time to answer', width: 6, down: 'account', cli: 'zaplog status' },
          tells: 'Half of all requests are answered faster than this, 99 of 100 faster than that.',
          queries: [
            { legend: 'median', query: quantile('zaplog_http_request_seconds', 0.5) },
            { legend: '99 of 100', query: quantile('zaplog_http_request_seconds', 0.99) },
          ],
        },
        {
          ...{ title: 'Version', width: 6, shows: 'table', down: 'log', cli: 'zaplog version' },
          tells: 'What runs here. Two at once: a deployment is on its way.',
          queries: [{ query: value('zaplog_build_info', { by: ['version', 'node'] }) }],
        },
        {
          ...{ title: 'Spans dropped', width: 6, down: 'log', cli: 'zaplog status' },
          tells:
            'Where traces are on: spans that nobody got; the log line traces.not-sent says why. Traces have gaps then; nothing else has.',
          queries: [{ query: perSecond('zaplog_spans_dropped_total', { by: ['reason'] }) }],
        },
      ],
    },
  ],
}
