// What the bridge counts: attempts by outcome and time, copies that were dropped, and what is held or waiting, with the age of the oldest.
import type { Database } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'

export type AttemptMetrics = ReturnType<typeof createAttemptMetrics>
export const createAttemptMetrics = (metrics: Metrics) => ({
  attempts: metrics.counter({ name: 'zaplog_webhook_attempts_total', help: 'Attempts by outcome.', labels: ['outcome'] }),
  seconds: metrics.histogram({ name: 'zaplog_webhook_attempt_seconds', help: 'Time of one whole exchange.' }),
  copies: metrics.counter({ name: 'zaplog_webhook_copies_total', help: 'Deliveries that came again and were finished already.' }),
})

export type Backlog = {
  /** Deliveries waiting as rows, per endpoint, as of the last reading. */
  waitingOf(endpointId: string): number
  /** Reads the gauges anew, and warns when what waits has grown since the last warning. */
  read(database: Database): Promise<void>
}

const WARN_EVERY_MS = 60_000

export function createBacklog(deps: { metrics: Metrics; logger: Logger; clock: () => number }): Backlog {
  const gauge = (name: `zaplog_${string}`, help: string) => deps.metrics.gauge({ name, help })
  const waiting = gauge('zaplog_webhook_waiting_deliveries', 'Deliveries waiting as rows.')
  const waitingAge = gauge('zaplog_webhook_waiting_oldest_seconds', 'Age of the oldest waiting delivery.')
  const held = gauge('zaplog_webhook_held_deliveries', 'Deliveries held for media, or behind one that is.')
  const heldAge = gauge('zaplog_webhook_held_oldest_seconds', 'Age of the oldest held delivery.')
  let counts = new Map<string, number>()
  let lastWarning = { at: Number.NEGATIVE_INFINITY, waiting: 0 }

  function warnIfGrown(total: number, oldestSeconds: number) {
    if (total === 0) lastWarning = { ...lastWarning, waiting: 0 }
    if (total <= lastWarning.waiting || deps.clock() - lastWarning.at < WARN_EVERY_MS) return
    deps.logger.warn('webhooks.waiting-grew', { waiting: total, was: lastWarning.waiting, endpoints: counts.size, oldestSeconds })
    lastWarning = { at: deps.clock(), waiting: total }
  }

  return {
    waitingOf: endpointId => counts.get(endpointId) ?? 0,
    read: async database => {
      const rows = await database.query<{ endpoint_id: string; waiting: number; age: number }>(
        `select endpoint_id, count(*)::integer as waiting, extract(epoch from now() - min(entered_at))::float8 as age
           from webhook_waiting group by endpoint_id`,
      )
      const [holding] = await database.query<{ held: number; age: number }>(
        `select count(*)::integer as held, coalesce(extract(epoch from now() - min(held_at)), 0)::float8 as age from webhook_held`,
      )
      counts = new Map(rows.map(row => [row.endpoint_id, row.waiting]))
      const total = rows.reduce((sum, row) => sum + row.waiting, 0)
      const oldestSeconds = Math.max(0, ...rows.map(row => row.age))
      waiting.set(total)
      waitingAge.set(oldestSeconds)
      held.set(holding?.held ?? 0)
      heldAge.set(holding?.age ?? 0)
      warnIfGrown(total, oldestSeconds)
    },
  }
}
