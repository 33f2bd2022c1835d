// Says that keys are being guessed: every failure is counted, and an address that is limited is one log line a minute.
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { createBudgets } from './budgets.ts'

/** `none`: no key came; `wrong`: it was compared; `limited`: it was not, because too many were wrong before. */
export type Failure = 'none' | 'wrong' | 'limited'
export type GuessAlarm = { failed(what: { address: string; failure: Failure }, nowAt: number): void }

const LINE_EVERY_MS = 60_000
const MAX_ADDRESSES = 1_000
/** Of all addresses together: guessing from many must not fill the log. */
const MAX_LINES_AT_ONCE = 20

export function createGuessAlarm({ metrics, logger }: { metrics: Metrics; logger: Logger }): GuessAlarm {
  const failures = metrics.counter('zaplog_api_key_failures_total')
  const ofAddresses = createBudgets({ burst: 1, everyMs: LINE_EVERY_MS, maxNames: MAX_ADDRESSES })
  const ofAll = createBudgets({ burst: MAX_LINES_AT_ONCE, everyMs: LINE_EVERY_MS / MAX_LINES_AT_ONCE, maxNames: 1 })
  let unsaidRequests = 0

  return {
    failed: ({ address, failure }, nowAt) => {
      failures.inc({ reason: failure })
      if (failure !== 'limited') return
      unsaidRequests += 1
      if (ofAddresses.waitMs(address, nowAt) > 0 || ofAll.waitMs('all', nowAt) > 0) return
      ofAddresses.spend(address, nowAt)
      ofAll.spend('all', nowAt)
      logger.warn('api.keys-limited', { address, limitedRequests: unsaidRequests })
      unsaidRequests = 0
    },
  }
}
