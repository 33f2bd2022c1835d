// What a process says of itself and of its parts where it is scraped: as health says it, from memory.

import { processMetrics } from '../runtime/metrics/process.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'

export function showProcess({ metrics, version }: { metrics: Metrics; version: string }, checks: () => readonly Check[]): void {
  metrics.gauge('zaplog_build_info').set({ version, node: process.version }, 1)
  metrics.gauge('zaplog_checks', gauge => {
    const found = checks()
    for (const state of processMetrics.zaplog_checks.labels.state)
      gauge.set({ state }, found.filter(one => one.state === state).length)
  })
  metrics.gauge('zaplog_part_up', gauge => {
    gauge.reset()
    const found = checks()
    for (const part of processMetrics.zaplog_part_up.labels.part) {
      // Its check is called like it, while a start waits for it and later.
      const its = found.filter(({ name }) => name === part)
      if (its.length > 0) gauge.set({ part }, its.every(({ state }) => state === 'ok') ? 1 : 0)
    }
  })
}
