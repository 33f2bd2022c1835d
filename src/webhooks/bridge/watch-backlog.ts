// Looks every ten seconds how far webhooks are behind, for gauges and health, and tidies up what nobody waits for any more.
import type { Database } from '../../database/database.ts'
import type { EventLog, Position } from '../../log/log.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Check } from '../../runtime/role.ts'
import { wait } from '../../runtime/wait.ts'
import { endSilentListeners } from '../endpoints/listeners.ts'
import { tidyMailboxes } from '../endpoints/mailbox.ts'
import { describeBacklog, LONG_SECONDS } from './describe-backlog.ts'
import { discardOfDeleted } from './discard-of-deleted.ts'
import { forgetOldDeliveries } from './forget-deliveries.ts'
import { type Backlog, readBacklog } from './read-backlog.ts'
import { type BacklogMetrics, createBacklogMetrics } from './webhook-metrics.ts'

export type BacklogWatch = {
  /** Deliveries waiting as rows, per endpoint, as of the last reading; counted up to MOST_COUNTED and one. */
  waitingOf(endpointId: string): number
  check(): Check
  done: Promise<void>
}
type Deps = {
  database: Database
  log: EventLog
  metrics: Metrics
  logger: Logger
  clock: () => number
  /** After so long without a 2xx an endpoint is counted as failing [5 min]. */
  failingAfterMs?: number
}

const READ_EVERY_MS = 10_000
const WARN_EVERY_MS = 60_000

export function watchBacklog(deps: Deps, positions: () => readonly Position[], signal: AbortSignal): BacklogWatch {
  const metrics = createBacklogMetrics(deps.metrics)
  const warnIfGrown = createGrowthWarning(deps)
  const failingAfterSeconds = deps.failingAfterMs === undefined ? LONG_SECONDS : deps.failingAfterMs / 1_000
  let counts: ReadonlyMap<string, number> = new Map()
  let check: Check = { name: 'webhooks', state: 'ok', detail: 'not looked yet' }

  async function look() {
    const backlog = await readBacklog(deps, positions(), signal)
    counts = new Map(backlog.endpoints.map(one => [one.endpointId, one.waiting]))
    check = describeBacklog(backlog)
    show(metrics, backlog)
    metrics.failing.set(failingFor(backlog, failingAfterSeconds))
    warnIfGrown(backlog)
  }

  async function tidyUp() {
    await endSilentListeners(deps, signal)
    await tidyMailboxes(deps.database)
    await discardOfDeleted(deps.database, signal)
    await forgetOldDeliveries(deps.database)
  }

  /** Answers why it failed. */
  async function tried(event: string, work: () => Promise<void>): Promise<string | null> {
    try {
      await work()
      return null
    } catch (error) {
      if (!signal.aborted) deps.logger.warn(event, { error })
      return describeError(error)
    }
  }

  async function run() {
    do {
      const unread = await tried('webhooks.backlog-unread', look)
      if (unread !== null) {
        check = { name: 'webhooks', state: 'degraded', detail: `how far they are behind cannot be read: ${unread}` }
        forget(metrics)
      }
      await tried('webhooks.not-tidied', tidyUp)
    } while (await wait(READ_EVERY_MS, signal))
  }

  return { waitingOf: endpointId => counts.get(endpointId) ?? 0, check: () => check, done: run() }
}

/** An old figure is none. */
function forget(metrics: BacklogMetrics): void {
  for (const gauge of Object.values(metrics)) gauge.remove()
}

function show(metrics: BacklogMetrics, { endpoints, disabled, waiting, held, pending }: Backlog) {
  metrics.waiting.set(waiting.deliveries)
  metrics.waitingAge.set(Math.max(0, ...endpoints.map(one => one.oldestWaitingSeconds)))
  metrics.held.set(held.deliveries)
  metrics.heldAge.set(held.oldestSeconds)
  metrics.pending.set(pending.deliveries)
  metrics.pendingAge.set(pending.oldestSeconds)
  metrics.dead.set(endpoints.reduce((sum, one) => sum + one.died, 0))
  metrics.disabled.set(disabled)
}

const failingFor = ({ endpoints }: Backlog, seconds: number): number =>
  endpoints.filter(one => one.failingSeconds !== null && one.failingSeconds > seconds).length

/** At most one line a minute, and only while it grows. */
function createGrowthWarning(deps: Pick<Deps, 'logger' | 'clock'>) {
  let last = { at: Number.NEGATIVE_INFINITY, waiting: 0 }
  return ({ endpoints, waiting: { deliveries: waiting } }: Backlog) => {
    if (waiting === 0) last = { ...last, waiting: 0 }
    if (waiting <= last.waiting || deps.clock() - last.at < WARN_EVERY_MS) return
    const oldestSeconds = Math.max(0, ...endpoints.map(one => one.oldestWaitingSeconds))
    const behind = endpoints.filter(one => one.waiting > 0).length
    deps.logger.warn('webhooks.waiting-grew', { waiting, was: last.waiting, endpoints: behind, oldestSeconds })
    last = { at: deps.clock(), waiting }
  }
}
