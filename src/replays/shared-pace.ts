// How fast the replays of a process go on: each within its own rate, and all of them together as fast as what is live allows. However late that is,
// they go on a little.
import {
  adapted,
  type Bounds,
  begunAt,
  createPace,
  isDue,
  type Pace,
  type PaceState,
  type Signs,
  taken,
} from '../runtime/pace.ts'
import { wait } from '../runtime/wait.ts'

export type SharedPace = {
  /** Of a replay of so many records a second, until it leaves. */
  join(rate: number): Pace & { leave(): void }
}
type Of = { signs: () => Signs; monotonic: () => number }

export function createSharedPace({ signs, monotonic }: Of): SharedPace {
  const rates = new Set<{ rate: number }>()
  let state = begunAt({ least: 1, most: 1 })

  async function takeTogether(count: number, signal: AbortSignal): Promise<void> {
    for (let left = count; left > 0; ) {
      const nowMs = monotonic()
      const next = nextPiece(state, { left, nowMs, signs, bounds: boundsOf([...rates].map(one => one.rate)) })
      state = next.state
      if (next.goesAtMs > nowMs) await wait(next.goesAtMs - nowMs, signal)
      signal.throwIfAborted()
      left -= next.piece
    }
  }

  return {
    join: rate => {
      const joined = { rate }
      const own = createPace({ bounds: { least: rate, most: rate }, signs: () => ({ load: 0, lateMs: 0 }), monotonic })
      if (rates.size === 0) state = begunAt({ least: rate * FIRST_SHARE, most: rate })
      rates.add(joined)
      return {
        take: async (count, signal) => {
          await own.take(count, signal)
          await takeTogether(count, signal)
        },
        leave: () => void rates.delete(joined),
      }
    },
  }
}

/** It begins with so much of the rate: nobody knows yet what it does to others. */
const FIRST_SHARE = 0.1
/** A second, of all of them together, however late others are: they end. One whose rate is low gives way to a tenth of that. */
const LEAST = 500
const LEAST_SHARE = 0.1
/** What is taken at once is so long a time's: a long batch hears of it when others have time again, or have none. */
const PIECE_SECONDS = 0.2

export function boundsOf(rates: readonly number[]): Bounds {
  const most = rates.reduce((sum, rate) => sum + rate, 0)
  return { least: Math.min(most * LEAST_SHARE, LEAST), most }
}

type Taking = { left: number; nowMs: number; signs: () => Signs; bounds: Bounds }

/** How many of those that are left go next, and when. */
export function nextPiece(
  state: PaceState,
  { left, nowMs, signs, bounds }: Taking,
): { state: PaceState; piece: number; goesAtMs: number } {
  const at = isDue(state, nowMs) ? adapted(state, { ...signs(), nowMs }, bounds) : state
  const within = { ...at, perSecond: Math.min(bounds.most, Math.max(bounds.least, at.perSecond)) }
  const piece = Math.min(left, within.perSecond * PIECE_SECONDS)
  return { state: taken(within, piece, nowMs), piece, goesAtMs: Math.max(nowMs, within.freeAtMs) }
}
