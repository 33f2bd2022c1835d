// How fast a rebuild is filled: as fast as it can while nothing live comes, beside live records in small steps and no faster than they allow, and
// in each second 500 however late they are.
import {
  adapted,
  type Bounds,
  begunAt,
  dueAt,
  isDue,
  LEAST_BESIDE_LIVE,
  type Pace,
  type PaceState,
  PORTION_SECONDS,
  type Signs,
  takenLate,
} from '../../runtime/pace.ts'
import { wait } from '../../runtime/wait.ts'

type Deps = {
  /** How late live records were at worst since it was asked last; 0: none came. */
  lateMs(): number
  /** Since something live was done. */
  quietMs(): number
  load(): number
  /** ms. */
  monotonic(): number
}
export type FillPace = {
  pace: Pace
  /** How many records a step may have now. */
  stepRecords(): number
}

export const fillBounds: Bounds = { least: LEAST_BESIDE_LIVE, most: 100_000 }
/** Nothing is due yet. */
export const fillBegunAt = (nowMs: number): PaceState => ({ ...begunAt(fillBounds), freeAtMs: nowMs })
/** Nothing live for so long, and it is alone. */
const ALONE_AFTER_MS = 2_000
/** What is late for a history is three times too late here: readers wait for the projection that is rebuilt. */
const STRICTER = 3

export function createFillPace({ lateMs, quietMs, load, monotonic }: Deps): FillPace {
  let state = fillBegunAt(monotonic())
  let liveAt = monotonic() - quietMs()
  const isAlone = () => monotonic() - liveAt > ALONE_AFTER_MS
  const signs = (): Signs => {
    const late = lateMs()
    if (late > 0) liveAt = monotonic()
    return isAlone() ? { load: 0, lateMs: 0 } : { load: load(), lateMs: late * STRICTER }
  }
  return {
    pace: {
      take: async (count, signal) => {
        const nowMs = monotonic()
        if (isDue(state, nowMs)) state = adapted(state, { ...signs(), nowMs }, fillBounds)
        const waitMs = state.freeAtMs - nowMs
        state = takenLate(state, count, nowMs)
        if (waitMs > 0) await wait(waitMs, signal)
        signal.throwIfAborted()
      },
    },
    stepRecords: () => (isAlone() ? ALONE_RECORDS : stepBesideLive(state, monotonic())),
  }
}

const ALONE_RECORDS = 1_000
/** Live records wait for the loop while a step is decided, and for the disk while it is written. */
const MOST_BESIDE_LIVE = 250

/** In records: a portion, or what is due where that is more. */
export const stepBesideLive = (state: PaceState, nowMs: number): number =>
  Math.min(MOST_BESIDE_LIVE, Math.round(Math.max(state.perSecond * PORTION_SECONDS, dueAt(state, nowMs))))
