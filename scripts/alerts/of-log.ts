// Alerts of who reads the log and falls behind, and of what nobody could finish.
import { greatest, value } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

/** Late, and later than ten minutes ago. */
const grows = (late: { expr: string }, seconds: number): string =>
  `(${late.expr} > ${seconds}) and (${late.expr.replace(/\((zaplog_\w+)\)/, '(delta($1[10m]))')} > 0)`

export const logAlerts: readonly Alert[] = [
  {
    name: 'ZaplogProjectionLagGrows',
    expr: grows(greatest('zaplog_projection_lag_seconds', { by: ['projection'] }), 60),
    ...{ for: '5m', severity: 'page', board: 'projections', cli: 'zaplog lag' },
    summary: '{{ $labels.projection }} is {{ $value | humanizeDuration }} behind, and more so than ten minutes ago.',
    means: 'Lists, webhooks and commands are that late. A lag that shrinks is left alone, however large.',
    action:
      'zaplog lag says which partitions, zaplog status what keeps them. Postgres is away, slow or waits for a lock; or more comes than one process takes: start another with the role projections.',
    tried: [
      firesAfter(20, { 'zaplog_projection_lag_seconds{projection="read-model"}': '0+20x25' }),
      quietAfter(20, { 'zaplog_projection_lag_seconds{projection="read-model"}': '400-20x20 0x5' }),
      quietAfter(20, { 'zaplog_projection_lag_seconds{projection="read-model"}': '0+2x25' }),
    ],
  },
  {
    name: 'ZaplogProcessorLagGrows',
    expr: grows(greatest('zaplog_processor_lag_seconds', { by: ['processor'] }), 300),
    ...{ for: '5m', severity: 'ticket', board: 'media', cli: 'zaplog lag' },
    summary: '{{ $labels.processor }} is {{ $value | humanizeDuration }} behind, and more so than ten minutes ago.',
    means: 'Files or histories are that late. A lag that shrinks is left alone, however large.',
    action:
      'zaplog status says what it waits for. The object store or WhatsApp’s CDN is away or slow; or more comes than MEDIA_MAX_TRANSFERS lets through.',
    tried: [
      firesAfter(25, { 'zaplog_processor_lag_seconds{processor="store-media"}': '0+30x30' }),
      quietAfter(25, { 'zaplog_processor_lag_seconds{processor="store-media"}': '0+5x30' }),
    ],
  },
  {
    name: 'ZaplogDeadLetters',
    expr: `${value('zaplog_dead_letter_records').expr} > (max(max_over_time(zaplog_dead_letter_records[30m] offset 1h)) or vector(0))`,
    ...{ for: '0s', severity: 'ticket', board: 'log', cli: 'zaplog dead-letters list' },
    summary: 'Records became dead letters in the last hour: no attempt could finish them.',
    means:
      'More than there were at any time of the half hour that ended an hour ago; one is enough. What a projection was told to skip is among them.',
    action:
      'zaplog dead-letters list says of each why. Mend that and give them back with zaplog dead-letters redrive, or discard them. They are kept in the topic until its retention.',
    tried: [
      firesAfter(70, { zaplog_dead_letter_records: '2x65 3x10' }),
      quietAfter(70, { zaplog_dead_letter_records: '2x80' }),
      quietAfter(70, { zaplog_dead_letter_records: '5x65 2x10' }),
      // A restart, which shows 0 before it has looked, and a log that was away.
      quietAfter(70, { zaplog_dead_letter_records: '2x8 0x2 2x65' }),
      quietAfter(70, { zaplog_dead_letter_records: '2x2 _x12 2x65' }),
    ],
  },
  {
    name: 'ZaplogRebuildWaits',
    expr: `${greatest('zaplog_rebuild_waiting', { by: ['projection'] }).expr} > 0`,
    ...{ for: '1h', severity: 'ticket', board: 'projections', cli: 'zaplog status' },
    summary: 'A rebuild of {{ $labels.projection }} has waited for its swap for an hour.',
    means: 'What is read stays as it was before: rows differ, an account is left out, or it was asked to wait.',
    action:
      'zaplog status names it and says why; zaplog rebuilds status what was compared. zaplog rebuilds swap has it read, zaplog rebuilds cancel ends it: until then its tables take room and follow the log.',
    tried: [
      firesAfter(70, { 'zaplog_rebuild_waiting{projection="read-model"}': '1x80' }),
      quietAfter(70, { 'zaplog_rebuild_waiting{projection="read-model"}': '1x30 _x50' }),
    ],
  },
  {
    name: 'ZaplogAccountsLeftOut',
    expr: `${value('zaplog_projection_quarantined_keys', { by: ['projection'] }).expr} > 0`,
    ...{ for: '1m', severity: 'page', board: 'projections', cli: 'zaplog projections list' },
    summary: '{{ $value }} accounts are left out of {{ $labels.projection }}: one record of each cannot be applied.',
    means: 'What clients read of these accounts stands still; WhatsApp and the log go on.',
    action:
      'zaplog projections list names each with its record and why. Mend that, then zaplog projections resume ACCOUNT: what follows of it waits in the log. Where nothing mends it, zaplog projections skip ACCOUNT goes on without that record.',
    tried: [
      firesAfter(3, { 'zaplog_projection_quarantined_keys{projection="read-model"}': '1x5' }),
      quietAfter(3, { 'zaplog_projection_quarantined_keys{projection="read-model"}': '0x5' }),
    ],
  },
]
