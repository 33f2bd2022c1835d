// How far a projection is behind, measured again and again; and whether it stands still although there is something to read.
import type { EventLog, Lag, PartitionStatus, Position } from '../log/log.ts'
import { describeError } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'

export type LagWatch = {
  /** What stands still without saying why, in words; null where nothing does. */
  stuck(status: readonly PartitionStatus[]): string | null
  done: Promise<void>
}
type Deps = {
  log: Pick<EventLog, 'lag'>
  /** Epoch milliseconds. */
  clock(): number
  /** null: it cannot be measured, and an old figure would lie. */
  report(lag: { records: number; seconds: number } | null): void
  say(what: string, trouble: string | null): void
}

const MEASURE_MS = 2_000
/** A running partition with something to read makes progress many times a second; a restart is worth it after this. */
const STUCK_AFTER_MS = 120_000

export function watchLag({ log, clock, report, say }: Deps, positions: () => readonly Position[], signal: AbortSignal): LagWatch {
  /** Since when there has been something to read at the very offset. */
  let behind: ReadonlyMap<string, { nextOffset: bigint; sinceAt: number }> = new Map()

  async function measure(): Promise<void> {
    const lags = await log.lag(positions(), signal)
    behind = new Map(
      lags.filter(one => one.lagRecords > 0).map(one => [placeOf(one), { nextOffset: one.nextOffset, sinceAt: since(one) }]),
    )
    report({
      records: lags.reduce((sum, one) => sum + one.lagRecords, 0),
      seconds: Math.max(0, ...lags.map(one => one.lagMs ?? 0)) / 1000,
    })
  }

  const since = (lag: Lag): number => {
    const known = behind.get(placeOf(lag))
    return known?.nextOffset === lag.nextOffset ? known.sinceAt : clock()
  }

  async function run(): Promise<void> {
    do {
      const trouble = await measure().then(() => null, describeError)
      if (signal.aborted) return
      if (trouble !== null) report(null)
      say('measuring lag', trouble)
    } while (await wait(MEASURE_MS, signal))
  }

  return {
    stuck: status => {
      const stuck = status.flatMap(one => {
        const sinceAt = behind.get(placeOf(one))?.sinceAt
        return one.state === 'running' && sinceAt !== undefined && clock() - sinceAt > STUCK_AFTER_MS
          ? [describeStuck(one, sinceAt)]
          : []
      })
      return stuck.length === 0 ? null : stuck.join('; ')
    },
    done: run(),
  }
}

const placeOf = (at: { topic: string; partition: number }) => `${at.topic}/${at.partition}`
const describeStuck = (one: PartitionStatus, sinceAt: number) =>
  `${placeOf(one)} stands at ${one.nextOffset} since ${new Date(sinceAt).toISOString()} although there is more to read`
