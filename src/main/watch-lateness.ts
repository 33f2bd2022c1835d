// How late live records are projected, for whoever gives way to them: a process that projects nothing itself asks the log how far those are that do.
// What it was at worst in the last five seconds is shown.
import type { EventLog, Position } from '../log/log.ts'
import { type Lateness, liveLateness } from '../runtime/lateness.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'

type Deps = {
  log: Pick<EventLog, 'lag'>
  logger: Logger
  metrics: Metrics
  /** Of all projections in what is live; null: they run in this process, which says it itself. */
  positions: (() => Promise<readonly Position[]>) | null
  lateness?: Lateness
  askEveryMs?: number
}

const ASK_EVERY_MS = 1_000
const SHOW_EVERY_MS = 5_000

export function watchLateness({ askEveryMs = ASK_EVERY_MS, lateness = liveLateness, ...deps }: Deps): Role {
  const { log, logger, metrics, positions } = deps
  const stop = new AbortController()
  const worstMs = lateness.another()
  const gauge = metrics.gauge('zaplog_live_late_seconds')

  async function ask(of: () => Promise<readonly Position[]>): Promise<void> {
    try {
      const lags = await log.lag(await of(), stop.signal)
      lateness.hold(Math.max(0, ...lags.map(one => one.lagMs ?? 0)))
    } catch (error) {
      lateness.hold(0)
      if (!stop.signal.aborted) logger.debug('lateness.not-asked', { error }) // what is away is said by its own check
    }
  }

  async function follow(everyMs: number, look: () => Promise<void>): Promise<void> {
    do await look()
    while (await wait(everyMs, stop.signal))
  }
  const following = [
    follow(SHOW_EVERY_MS, async () => gauge.set(worstMs() / 1000)),
    ...(positions === null ? [] : [follow(askEveryMs, () => ask(positions))]),
  ]

  return {
    name: 'lateness',
    checks: () => [],
    close: async () => {
      stop.abort()
      await Promise.all(following)
      lateness.hold(0)
    },
  }
}
