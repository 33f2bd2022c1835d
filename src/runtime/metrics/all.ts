// Every metric of the product, by subject: what is not here cannot be counted, and what nobody writes does not pass the checks.
import { accountMetrics } from './accounts.ts'
import { commandMetrics } from './commands.ts'
import type { Metrics } from './declare.ts'
import { httpMetrics } from './http.ts'
import { logMetrics } from './log.ts'
import { mediaMetrics } from './media.ts'
import { processMetrics } from './process.ts'
import { webhookMetrics } from './webhooks.ts'

export const subjects: readonly { title: string; metrics: Metrics }[] = [
  { title: 'The process and its parts', metrics: processMetrics },
  { title: 'Accounts', metrics: accountMetrics },
  { title: 'Commands and uploads', metrics: commandMetrics },
  { title: 'The log and its readers', metrics: logMetrics },
  { title: 'Media and history', metrics: mediaMetrics },
  { title: 'Webhooks', metrics: webhookMetrics },
  { title: 'HTTP', metrics: httpMetrics },
]

export const table = {
  ...processMetrics,
  ...accountMetrics,
  ...commandMetrics,
  ...logMetrics,
  ...mediaMetrics,
  ...webhookMetrics,
  ...httpMetrics,
}
