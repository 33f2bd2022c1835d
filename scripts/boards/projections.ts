// Projections: what makes rows and webhooks of the log.
import type { Board } from './board.ts'
import { greatest, increase, perSecond, quantile, value } from './query.ts'

export const projections: Board = {
  name: 'projections',
  title: 'zaplog: projections',
  description: 'What makes rows and webhooks of the log: how fast, how late, and what is left out.',
  rows: [
    {
      title: 'How late',
      panels: [
        {
          ...{ title: 'Lag in seconds', down: 'log', cli: 'zaplog lag' },
          tells: 'Age of the oldest record that is not projected.',
          queries: [{ query: greatest('zaplog_projection_lag_seconds', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Lag in records', down: 'log', cli: 'zaplog lag' },
          tells: 'Rises for long: more comes than Postgres takes.',
          queries: [{ query: value('zaplog_projection_lag_records', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Live records, at worst', redFrom: 0.15, down: 'log', cli: 'zaplog lag' },
          tells: 'Above 0.15 s histories and replays go slower, so that what is live goes first.',
          queries: [{ query: greatest('zaplog_live_late_seconds') }],
        },
      ],
    },
    {
      title: 'What they do',
      panels: [
        {
          ...{ title: 'Events', down: 'log', cli: 'zaplog lag' },
          tells: 'The rate of the read model.',
          queries: [{ query: perSecond('zaplog_projection_events_total', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Time of a batch', down: 'log', cli: 'zaplog status' },
          tells: 'Grows: Postgres is slow, or waits for a lock. 99 of 100 are faster.',
          queries: [{ query: quantile('zaplog_projection_batch_seconds', 0.99, { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Owed to the log', down: 'webhooks', cli: 'zaplog webhooks list' },
          tells: 'Deliveries of the webhook stream, above all.',
          queries: [{ query: perSecond('zaplog_projection_emitted_total', { by: ['projection'] }) }],
        },
      ],
    },
    {
      title: 'What is left out',
      panels: [
        {
          ...{ title: 'Accounts left out', shows: 'number', width: 6, redFrom: 1, down: 'account', cli: 'zaplog status' },
          tells: 'One record of each cannot be applied; all others go on.',
          queries: [{ query: value('zaplog_projection_quarantined_keys', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Copies that were dropped', width: 6, down: 'log', cli: 'zaplog status' },
          tells: 'Usual after a death: at least once in the log, once in effect.',
          queries: [{ query: increase('zaplog_events_duplicate_total', '1h', { by: ['projection'] }) }],
        },
        {
          ...{
            title: 'Copies that say something else',
            shows: 'number',
            width: 6,
            redFrom: 1,
            down: 'log',
            cli: 'zaplog status',
          },
          tells: 'In 24 hours. Above 0: worth a report.',
          queries: [{ query: increase('zaplog_event_id_conflicts_total', '24h', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Types of a newer version', width: 6, down: 'log', cli: 'zaplog version' },
          tells: 'A newer zaplog writes to this log.',
          queries: [{ query: increase('zaplog_projection_passed_over_total', '1h', { by: ['projection'] }) }],
        },
      ],
    },
    {
      title: 'Rebuilds',
      panels: [
        {
          ...{ title: 'Records of rebuilds', down: 'log', cli: 'zaplog rebuilds list' },
          tells: 'Slow while live records are late; 500 a second at least.',
          queries: [{ query: perSecond('zaplog_rebuild_records_total', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Behind what is read', down: 'log', cli: 'zaplog rebuilds list' },
          tells: 'Near 0 it is compared next; absent where no rebuild is at work.',
          queries: [{ query: greatest('zaplog_rebuild_left_records', { by: ['projection'] }) }],
        },
        {
          ...{ title: 'Rebuilds that wait for their swap', down: 'log', cli: 'zaplog status' },
          tells: '1: it is compared, and goes on when you swap or cancel it.',
          queries: [{ query: greatest('zaplog_rebuild_waiting', { by: ['projection'] }) }],
        },
      ],
    },
  ],
}
