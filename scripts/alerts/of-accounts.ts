// Alerts of accounts, and of what was lost on its way from them.
import { greatest, increase, value } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

export const accountAlerts: readonly Alert[] = [
  {
    name: 'ZaplogInstanceSilent',
    expr: `${value('zaplog_instances_silent').expr} > 0`,
    ...{ for: '2m', severity: 'page', board: 'instances', cli: 'zaplog status' },
    summary: '{{ $value }} open accounts have heard nothing from WhatsApp for ten minutes.',
    means:
      'Not even keep-alives were answered, although the socket is open. Usually such a socket is cut within a minute and opened anew; here that did not happen.',
    action:
      'zaplog status names them. A link is dead that nothing has cut: zaplog instances restart ID opens a new one; WhatsApp has kept what came meanwhile.',
    tried: [firesAfter(4, { zaplog_instances_silent: '0 1x6' }), quietAfter(4, { zaplog_instances_silent: '0x6' })],
  },
  {
    name: 'ZaplogInstanceUnconnected',
    expr: `${greatest('zaplog_instance_state', { by: ['instance_id'], where: { state: ['connecting', 'reconnecting'] } }).expr} == 1`,
    ...{ for: '10m', severity: 'page', board: 'instances', cli: 'zaplog instances list' },
    summary: '{{ $labels.instance_id }} has tried to connect for ten minutes.',
    means:
      'It was open at no look of these ten minutes; what comes for it waits at WhatsApp. Accounts that wait for a person (qr, logged-out, closed) are not among it.',
    action:
      'zaplog instances show ID has the reason. network of many at once: the way to WhatsApp, or a proxy on it; log-unavailable: the log, which ZaplogPartDown names. zaplog doctor tries whether WhatsApp’s host takes connections.',
    tried: [
      firesAfter(12, {
        'zaplog_instance_state{instance_id="shop", state="connecting"}': '1x6 stale',
        'zaplog_instance_state{instance_id="shop", state="reconnecting"}': '_x6 1x8',
      }),
      quietAfter(12, {
        'zaplog_instance_state{instance_id="shop", state="reconnecting"}': '1x6 stale _ 1x6',
        'zaplog_instance_state{instance_id="shop", state="open"}': '_x6 1 1 stale',
      }),
      // One after another.
      quietAfter(12, {
        'zaplog_instance_state{instance_id="shop", state="reconnecting"}': '1x6 stale',
        'zaplog_instance_state{instance_id="support", state="reconnecting"}': '_x6 1x8',
      }),
      quietAfter(12, { 'zaplog_instance_state{instance_id="shop", state="qr"}': '1x14' }),
    ],
  },
  {
    name: 'ZaplogInstanceLoggedOut',
    expr: `${increase('zaplog_socket_closes_total', '1h', { by: ['reason'], where: { reason: ['logged-out', 'banned'] } }).expr} > 0`,
    ...{ for: '0s', severity: 'ticket', board: 'instances', cli: 'zaplog instances list' },
    summary: 'In the last hour an account was unlinked from its phone, or banned: {{ $labels.reason }}.',
    means:
      'On the phone, by WhatsApp, or by a log-out that somebody asked zaplog for. It ends an hour later, whether or not the account is linked again.',
    action:
      'zaplog instances list says which. It receives nothing until somebody links it again: zaplog instances qr ID, or pair ID with a code.',
    tried: [
      firesAfter(5, { 'zaplog_socket_closes_total{reason="logged-out"}': '0 0 1x8' }),
      quietAfter(5, { 'zaplog_socket_closes_total{reason="logged-out"}': '1x10' }),
      quietAfter(5, { 'zaplog_socket_closes_total{reason="network"}': '0+1x8' }),
    ],
  },
  {
    name: 'ZaplogSequenceGaps',
    expr: `${greatest('zaplog_sequence_gaps').expr} > 0`,
    ...{ for: '0s', severity: 'page', board: 'log', cli: 'zaplog status' },
    summary: 'Events that have a number are not in the log: a loss.',
    means: 'Each event of an account has the next number. Some of the last 24 hours were given out and are not found.',
    action:
      'zaplog status names the accounts and numbers. Look at the log: unclean leader elections, a restored backup, records deleted by hand. Where none of it happened it is a defect of ours, worth a report.',
    tried: [firesAfter(1, { zaplog_sequence_gaps: '0 1 1' }), quietAfter(1, { zaplog_sequence_gaps: '0 0 0' })],
  },
  {
    name: 'ZaplogStanzasKept',
    expr: `${increase('zaplog_stanzas_kept_total', '1h').expr} > 0`,
    ...{ for: '0s', severity: 'page', board: 'instances', cli: 'zaplog status' },
    summary: 'The log refused stanzas for good in every form; they are kept sealed.',
    means:
      'What they say is in no event, and not lost: they are in Postgres (kept_stanzas), and WhatsApp has been told that they arrived.',
    action: 'Look at the log’s limits, such as message.max.bytes of its topics, and at the log line that says why.',
    tried: [firesAfter(5, { zaplog_stanzas_kept_total: '0 0 1x8' }), quietAfter(5, { zaplog_stanzas_kept_total: '4x8' })],
  },
]
