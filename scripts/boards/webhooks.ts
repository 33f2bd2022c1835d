// Webhooks: what receivers answer, what waits for them, and what is held for files.
import type { Board } from './board.ts'
import { greatest, increase, observed, perSecond, quantile, value } from './query.ts'

export const webhooks: Board = {
  name: 'webhooks',
  title: 'zaplog: webhooks',
  description: 'What receivers answer, what waits for them, and what is held for files.',
  rows: [
    {
      title: 'Receivers',
      panels: [
        {
          ...{ title: 'Failing endpoints', shows: 'number', width: 4, redFrom: 1, down: 'account', cli: 'zaplog webhooks list' },
          tells: 'Endpoints whose last word was no 2xx, for 5 min or longer.',
          queries: [{ query: value('zaplog_webhook_failing_endpoints') }],
        },
        {
          ...{
            title: 'Disabled by their receiver',
            shows: 'number',
            width: 4,
            redFrom: 1,
            down: 'account',
            cli: 'zaplog webhooks enable ID',
          },
          tells: 'What is for them waits until somebody enables them.',
          queries: [{ query: value('zaplog_webhook_disabled_endpoints') }],
        },
        {
          ...{ title: 'Dead in the last 24 h', shows: 'number', width: 4, redFrom: 1, down: 'log', cli: 'zaplog webhooks list' },
          tells: 'Deliveries given up: a receiver missed something.',
          queries: [{ query: value('zaplog_webhook_dead_deliveries') }],
        },
        {
          ...{ title: 'Dropped records', shows: 'number', width: 4, redFrom: 1, down: 'log', cli: 'zaplog status' },
          tells: 'Records of attempts that the log never took, in 24 hours: its account of attempts has holes.',
          queries: [{ query: increase('zaplog_webhook_records_dropped_total', '24h') }],
        },
        {
          ...{ title: 'Attempts', down: 'account', cli: 'zaplog webhooks list' },
          tells: 'By outcome. retrying and waiting over all: how unwell receivers are.',
          queries: [{ query: perSecond('zaplog_webhook_attempts_total', { by: ['outcome'] }) }],
        },
        {
          ...{ title: 'Time of an exchange', down: 'account', cli: 'zaplog webhooks test ID' },
          tells: 'How fast receivers answer.',
          queries: [
            { legend: 'median', query: quantile('zaplog_webhook_attempt_seconds', 0.5) },
            { legend: '99 of 100', query: quantile('zaplog_webhook_attempt_seconds', 0.99) },
          ],
        },
        {
          ...{ title: 'Exchanges', down: 'account', cli: 'zaplog webhooks list' },
          tells: 'All attempts, whatever came of them.',
          queries: [{ query: observed('zaplog_webhook_attempt_seconds', 'attempts') }],
        },
        {
          ...{ title: 'Copies', down: 'projections', cli: 'zaplog events why ID' },
          tells: 'Deliveries that came again and were finished already: usual after a death, no receiver heard of them.',
          queries: [{ query: perSecond('zaplog_webhook_copies_total') }],
        },
      ],
    },
    {
      title: 'What is on its way',
      panels: [
        {
          ...{ title: 'Deliveries', down: 'projections', cli: 'zaplog events why ID' },
          tells:
            'waiting: for a receiver that is slow, away or disabled; held: for a file; pending: in the log, not yet looked at.',
          queries: [
            { legend: 'waiting', query: value('zaplog_webhook_waiting_deliveries') },
            { legend: 'held', query: value('zaplog_webhook_held_deliveries') },
            { legend: 'pending', query: value('zaplog_webhook_pending_deliveries') },
          ],
        },
        {
          ...{ title: 'Oldest of each', down: 'projections', cli: 'zaplog lag' },
          tells: 'How late the latest receiver is, how long a file holds its chat, and how far the bridge is behind.',
          queries: [
            { legend: 'waiting', query: greatest('zaplog_webhook_waiting_oldest_seconds') },
            { legend: 'held', query: greatest('zaplog_webhook_held_oldest_seconds') },
            { legend: 'pending', query: greatest('zaplog_webhook_pending_oldest_seconds') },
          ],
        },
        {
          ...{ title: 'Delivered, by type', down: 'account', cli: 'zaplog events tail' },
          tells: 'What reached receivers.',
          queries: [{ query: perSecond('zaplog_accounted_by_type_total', { by: ['type'], where: { stage: 'delivered' } }) }],
        },
        {
          ...{ title: 'Readers of the stream', down: 'account', cli: 'zaplog events tail' },
          tells: '200 are served by one process.',
          queries: [{ query: value('zaplog_stream_readers') }],
        },
        {
          ...{ title: 'Readers that ended', down: 'account', cli: 'zaplog events tail' },
          tells: 'slow-reader: a client does not keep up; it may go on where it was.',
          queries: [{ query: increase('zaplog_stream_ended_total', '1h', { by: ['reason'] }) }],
        },
      ],
    },
    {
      title: 'Clients of the API',
      panels: [
        {
          ...{ title: 'Answers', down: 'account', cli: 'zaplog status' },
          tells: '5xx are ours, 4xx the client’s.',
          queries: [{ query: observed('zaplog_http_request_seconds', 'answers', { by: ['status'] }) }],
        },
        {
          ...{ title: 'Slowest routes', down: 'account', cli: 'zaplog status' },
          tells: '99 of 100 requests are answered faster.',
          queries: [{ query: quantile('zaplog_http_request_seconds', 0.99, { by: ['route'] }) }],
        },
        {
          ...{ title: 'Connections', down: 'account', cli: 'zaplog status' },
          tells: 'At the most, newcomers take the place of idle ones, or are refused.',
          queries: [
            { query: value('zaplog_http_connections', { by: ['state'] }) },
            { legend: 'most', query: value('zaplog_http_max_connections') },
          ],
        },
        {
          ...{ title: 'Turned away', down: 'account', cli: 'zaplog status' },
          tells: 'full: clients are turned away; room: an idle connection made place for a newcomer.',
          queries: [{ query: perSecond('zaplog_http_connections_closed_total', { by: ['reason'] }) }],
        },
        {
          ...{ title: 'Without a right key', down: 'account', cli: 'zaplog status' },
          tells: 'limited rises: somebody guesses keys.',
          queries: [{ query: perSecond('zaplog_api_key_failures_total', { by: ['reason'] }) }],
        },
      ],
    },
  ],
}
