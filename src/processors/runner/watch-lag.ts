// How far each processor of this process is behind, measured for all of them together every five seconds, for gauges: those are absent while the log
// does not say it, because an old figure would lie.
import type { EventLog, Position } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { wait } from '../../runtime/wait.ts'

/** What is in hand is not done yet. */
export type Followed = { name: string; positions(): readonly Position[] }
type Deps = { log: Pick<EventLog, 'lag'>; metrics: Metrics; logger: Logger }

const MEASURE_MS = 5_000

/** Until the signal aborts. */
export async function watchLag(
  { log, metrics, logger }: Deps,
  followed: readonly Followed[],
  signal: AbortSignal,
): Promise<void> {
  const records = metrics.gauge('zaplog_processor_lag_records')
  const seconds = metrics.gauge('zaplog_processor_lag_seconds')

  async function measure(): Promise<void> {
    const asked = followed.flatMap(({ name, positions }) => positions().map(at => ({ name, at })))
    const all = await log.lag(
      asked.map(({ at }) => at),
      signal,
    )
    for (const { name: processor } of followed) {
      const lags = all.filter((_, index) => asked[index]?.name === processor)
      records.set(
        { processor },
        lags.reduce((sum, one) => sum + one.lagRecords, 0),
      )
      seconds.set({ processor }, Math.max(0, ...lags.map(one => one.lagMs ?? 0)) / 1000)
    }
  }

  function forget(): void {
    records.reset()
    seconds.reset()
  }

  do
    await measure().catch(error => {
      forget()
      if (!signal.aborted) logger.debug('processors.lag-unmeasured', { error }) // the log being away is said by its check
    })
  while (await wait(MEASURE_MS, signal))
  forget()
}
