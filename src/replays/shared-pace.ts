// How fast the replays of a process go on: each within its own rate, and all of them together as fast as what is live allows. However late that is,
// they go on a little.
import {
  adapted,
  type Bounds,
  begunAt,
  createPace,
  isDue,
  LEAST_BESIDE_LIVE,
  type Pace,
  type PaceState,
  PORTION_SECONDS,
  type Signs,
  takenLate,
} from '../runtime/pace.ts'
import { wait } from '../runtime/wait.ts'

export type SharedPace = {
  /** Of a replay of so many records a second, until it leaves. */
  join(rate: number): ReplayPace & { leave(): void }
}
/** Taken a portion at a time it is even, and hears of what is live within as long as those take that wait for their turn. */
export type ReplayPace = Pace & {
  /** How many records are best taken at once, as fast as it goes now. */
  portion(): number
}
type Of = { signs: () => Signs; monotonic: () => number }

export function createSharedPace({ signs, monotonic }: Of): SharedPace {
  const rates = new Set<{ rate: number }>()
  let state = begunAt({ least: 1, most: 1 })

  function adapt(nowMs: number): PaceState {
    state = adaptedTo(state, { nowMs, signs, bounds: boundsOf([...rates].map(one => one.rate)) })
    return state
  }

  async function takeTogether(count: number, signal: AbortSignal): Promise<void> {
    const nowMs = monotonic()
    const waitMs = adapt(nowMs).freeAtMs - nowMs
    state = takenLate(state, count, nowMs)
    if (waitMs > 0) await wait(waitMs, signal)
    signal.throwIfAborted()
  }

  return {
    join: rate => {
      const joined = { rate }
      const own = createPace({ bounds: { least: rate, most: rate }, signs: () => ({ load: 0, lateMs: 0 }), monotonic })
      if (rates.size === 0) state = begunAt({ least: rate * FIRST_SHARE, most: rate })
      rates.add(joined)
      return {
        portion: () => portionOf(rate, adapt(monotonic()).perSecond),
        // In this order what has its turn is not overtaken by what the pace has become while it waited for its own rate.
        take: async (count, signal) => {
          await takeTogether(count, signal)
          await own.take(count, signal)
        },
        leave: () => void rates.delete(joined),
      }
    },
  }
}

/** It begins with so much of the rate: nobody knows yet what it does to others. */
const FIRST_SHARE = 0.1
/** All of them together end however late others are. One whose rate is low gives way to a tenth of that. */
const LEAST_SHARE = 0.1

export function boundsOf(rates: readonly number[]): Bounds {
  const most = rates.reduce((sum, rate) => sum + rate, 0)
  return { least: Math.min(most * LEAST_SHARE, LEAST_BESIDE_LIVE), most }
}

/** As `signs` say where it is time to ask them, and always within the bounds, which change as replays come and go. */
export function adaptedTo(
  state: PaceState,
  { nowMs, signs, bounds }: { nowMs: number; signs: () => Signs; bounds: Bounds },
): PaceState {
  const at = isDue(state, nowMs) ? adapted(state, { ...signs(), nowMs }, bounds) : state
  return { ...at, perSecond: Math.min(bounds.most, Math.max(bounds.least, at.perSecond)) }
}

/** Each costs some statements, and those of a slow one are a tenth of its second at least. */
const PORTION = { least: 50, leastSeconds: 0.1, most: 1_000 } as const

/** `rate`: its own; `perSecond`: of all of them, now. */
export function portionOf(rate: number, perSecond: number): number {
  const least = Math.min(PORTION.least, Math.ceil(rate * PORTION.leastSeconds))
  return Math.min(PORTION.most, Math.max(least, Math.round(Math.min(rate, perSecond) * PORTION_SECONDS)))
}
