// Every alert that docker-compose's Prometheus evaluates, by subject.
import type { Alert } from './alert.ts'
import { accountAlerts } from './of-accounts.ts'
import { logAlerts } from './of-log.ts'
import { mediaAlerts } from './of-media.ts'
import { partAlerts } from './of-parts.ts'
import { webhookAlerts } from './of-webhooks.ts'

export const alertGroups: readonly { name: string; title: string; alerts: readonly Alert[] }[] = [
  { name: 'zaplog-parts', title: 'The process and its parts', alerts: partAlerts },
  { name: 'zaplog-accounts', title: 'Accounts', alerts: accountAlerts },
  { name: 'zaplog-media', title: 'Files', alerts: mediaAlerts },
  { name: 'zaplog-log', title: 'The log and its readers', alerts: logAlerts },
  { name: 'zaplog-webhooks', title: 'Webhooks', alerts: webhookAlerts },
]
