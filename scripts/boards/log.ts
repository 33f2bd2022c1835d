// The log: how fast it takes records, who is behind it, and what nobody could finish.
import type { Board } from './board.ts'
import { greatest, least, perSecond, quantile, value } from './query.ts'

export const log: Board = {
  name: 'log',
  title: 'zaplog: log',
  description: 'The log: how fast it takes records, who is behind its end, what nobody could finish, and replays.',
  rows: [
    {
      title: 'Appending',
      panels: [
        {
          ...{ title: 'Parts', shows: 'number', width: 6, redBelow: 1, down: 'projections', cli: 'zaplog doctor' },
          tells: 'Away: what happens waits at WhatsApp, nothing is lost.',
          queries: [{ query: least('zaplog_part_up', { by: ['part'] }) }],
        },
        {
          ...{ title: 'Sends that were repeated', width: 6, redFrom: 1, down: 'projections', cli: 'zaplog status' },
          tells: 'The log is away, or has too few replicas.',
          queries: [{ query: perSecond('zaplog_log_append_retries_total') }],
        },
        {
          ...{ title: 'Time of a durable send', width: 6, down: 'projections', cli: 'zaplog status' },
          tells: 'How fast Kafka or Postgres makes it durable.',
          queries: [
            { legend: 'median', query: quantile('zaplog_log_append_seconds', 0.5) },
            { legend: '99 of 100', query: quantile('zaplog_log_append_seconds', 0.99) },
          ],
        },
        {
          ...{ title: 'Records, by topic', width: 6, down: 'projections', cli: 'zaplog topics --live' },
          tells: 'What each topic grows by; those of replays together.',
          queries: [{ query: perSecond('zaplog_log_records_appended_total', { by: ['topic'] }) }],
        },
      ],
    },
    {
      title: 'Consumers',
      panels: [
        {
          ...{ title: 'Lag of projections, in seconds', down: 'projections', cli: 'zaplog lag --watch' },
          tells: 'How late lists, webhooks (webhook-stream) and commands are.',
          queries: [{ query: greatest('zaplog_projection_lag_seconds', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Lag of processors, in seconds', down: 'media', cli: 'zaplog lag --watch' },
          tells: 'How late files and histories are.',
          queries: [{ query: greatest('zaplog_processor_lag_seconds', { by: ['processor'] }) }],
        },
        {
          ...{ title: 'Lag of the webhook bridge, in seconds', down: 'webhooks', cli: 'zaplog lag --watch' },
          tells: 'Deliveries in the log that nobody has looked at.',
          queries: [{ query: greatest('zaplog_webhook_pending_oldest_seconds') }],
        },
        {
          ...{ title: 'Lag in records', down: 'projections', cli: 'zaplog lag --watch' },
          tells: 'Rises for long: more comes than is worked off.',
          queries: [
            { query: value('zaplog_projection_lag_records', { by: ['projection'] }) },
            { query: value('zaplog_processor_lag_records', { by: ['processor'] }) },
          ],
        },
        {
          ...{ title: 'What became of records', down: 'media', cli: 'zaplog events why ID' },
          tells: 'parked: a dead letter; paused: what they need is away.',
          queries: [{ query: perSecond('zaplog_log_outcomes_total', { by: ['group', 'outcome'] }) }],
        },
      ],
    },
    {
      title: 'Loss, and what nobody could finish',
      panels: [
        {
          ...{ title: 'Sequence gaps', shows: 'number', width: 6, redFrom: 1, down: 'instances', cli: 'zaplog status' },
          tells: 'Above 0: a loss, by us or by the log.',
          queries: [{ query: value('zaplog_sequence_gaps') }],
        },
        {
          ...{ title: 'Dead letters', width: 6, redFrom: 1, down: 'projections', cli: 'zaplog topics --live' },
          tells: 'Kept with why; they go with their retention. In Kafka an upper bound.',
          queries: [{ query: value('zaplog_dead_letter_records') }],
        },
        {
          ...{ title: 'Replays', width: 6, down: 'projections', cli: 'zaplog replays list' },
          tells: 'failed: look why; running for longer than it takes: nobody has the role processors.',
          queries: [{ query: value('zaplog_replays', { by: ['state'] }) }],
        },
        {
          ...{ title: 'Records of replays', width: 6, down: 'projections', cli: 'zaplog replays status ID' },
          tells: 'left-out: of purged accounts, what cannot be read, and what the log forgot.',
          queries: [{ query: perSecond('zaplog_replay_records_total', { by: ['outcome'] }) }],
        },
      ],
    },
  ],
}
