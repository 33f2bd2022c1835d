// Alerts of receivers.
import { greatest, value } from '../boards/query.ts'
import { type Alert, firesAfter, quietAfter } from './alert.ts'

export const webhookAlerts: readonly Alert[] = [
  {
    name: 'ZaplogEndpointFailing',
    expr: `${value('zaplog_webhook_failing_endpoints').expr} > 0`,
    ...{ for: '1m', severity: 'page', board: 'webhooks', cli: 'zaplog webhooks list' },
    summary: '{{ $value }} endpoints have taken nothing for five minutes or longer.',
    means: 'Whatever was last tried there was answered by no 2xx, and it was tried at least every five minutes.',
    action:
      'zaplog webhooks list says which, and what they answered; zaplog webhooks test ID tries one. What is for them waits, in order, and follows once they answer.',
    tried: [
      firesAfter(3, { zaplog_webhook_failing_endpoints: '0 1x5' }),
      quietAfter(3, { zaplog_webhook_failing_endpoints: '0x6' }),
    ],
  },
  {
    name: 'ZaplogEndpointDisabled',
    expr: `${value('zaplog_webhook_disabled_endpoints').expr} > 0`,
    ...{ for: '0s', severity: 'ticket', board: 'webhooks', cli: 'zaplog webhooks list' },
    summary: 'Receivers asked that their endpoints are disabled, such as by 410; what is for them waits.',
    means: 'A receiver that answers 410 wishes for no more. Those that an operator disabled are not counted.',
    action: 'Ask whoever runs the receiver; then zaplog webhooks enable ID, or remove ID.',
    tried: [
      firesAfter(1, { zaplog_webhook_disabled_endpoints: '0 1 1' }),
      quietAfter(1, { zaplog_webhook_disabled_endpoints: '0 0 0' }),
    ],
  },
  {
    name: 'ZaplogDeliveriesDead',
    expr: `${value('zaplog_webhook_dead_deliveries').expr} > 0`,
    ...{ for: '0s', severity: 'ticket', board: 'webhooks', cli: 'zaplog dead-letters list --source delivery' },
    summary: '{{ $value }} deliveries were given up in the last 24 hours: a receiver missed something.',
    means:
      'Each was refused for WEBHOOK_DEAD_AFTER while its endpoint took others: one is enough, as it is not tried again by itself. What waits for a receiver that is away is never given up for that.',
    action:
      'zaplog dead-letters list --source delivery says whose and why, GET /v1/deliveries?state=dead what each was answered last. Once its receiver takes them, zaplog dead-letters redrive --source delivery sends them again under their ids.',
    tried: [
      firesAfter(1, { zaplog_webhook_dead_deliveries: '0 1 1' }),
      quietAfter(1, { zaplog_webhook_dead_deliveries: '0 0 0' }),
    ],
  },
  {
    name: 'ZaplogWebhookLagGrows',
    expr: `${greatest('zaplog_webhook_pending_oldest_seconds').expr} > 60`,
    ...{ for: '5m', severity: 'page', board: 'webhooks', cli: 'zaplog lag' },
    summary: 'The webhook bridge is {{ $value | humanizeDuration }} behind the log.',
    means: 'Deliveries are in the log that the bridge has not looked at, the oldest for so long.',
    action:
      'See that a process with the role webhooks runs, and what zaplog status says of it. Receivers that are away do not cause this: what is for them waits as rows.',
    tried: [
      firesAfter(10, { zaplog_webhook_pending_oldest_seconds: '0+30x12' }),
      quietAfter(10, { zaplog_webhook_pending_oldest_seconds: '59x12' }),
    ],
  },
]
