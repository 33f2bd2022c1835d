// How fast what can wait goes on: so many a second in the whole process, fewer the later others are, so that what they wait for comes first. A
// process that never has time is shared with it all the same, a little.
import { wait } from './wait.ts'

export type Pace = {
  /** Resolves when so many may go on. Rejects with the signal's reason. */
  take(count: number, signal: AbortSignal): Promise<void>
}
/** `load`: of the loop, 0 to 1. `lateMs`: how late others were at worst since it was asked last. */
export type Signs = { load: number; lateMs: number }
/** A second. */
export type Bounds = { least: number; most: number }
/** Monotonic ms. */
export type PaceState = { perSecond: number; freeAtMs: number; adaptedAtMs: number }

export function createPace(of: { bounds: Bounds; signs: () => Signs; monotonic: () => number }): Pace {
  let state = begunAt(of.bounds)
  return {
    async take(count, signal) {
      const nowMs = of.monotonic()
      if (isDue(state, nowMs)) state = adapted(state, { ...of.signs(), nowMs }, of.bounds)
      const goesAtMs = Math.max(nowMs, state.freeAtMs)
      state = taken(state, count, nowMs)
      if (goesAtMs > nowMs) await wait(goesAtMs - nowMs, signal)
      signal.throwIfAborted()
    },
  }
}

/** Nobody knows yet what it does to others. */
export const begunAt = ({ least }: Bounds): PaceState => ({
  perSecond: least,
  freeAtMs: Number.NEGATIVE_INFINITY,
  adaptedAtMs: Number.NEGATIVE_INFINITY,
})

/** What it does to others shows after this. */
const ADAPT_EVERY_MS = 200
/** Below what makes others take larger steps (loop-load.ts). */
const tooMuch: Signs = { load: 0.8, lateMs: 150 }
/** With more than this it gets no faster. */
const enough: Signs = { load: 0.7, lateMs: 75 }
/** From the least to the most takes some seconds. */
const STEPS = 20

export const isDue = ({ adaptedAtMs }: PaceState, nowMs: number): boolean => nowMs - adaptedAtMs >= ADAPT_EVERY_MS

/** Half as fast where others are late, a step faster where they have time. */
export function adapted(state: PaceState, { nowMs, ...signs }: Signs & { nowMs: number }, { least, most }: Bounds): PaceState {
  const perSecond = isAbove(signs, tooMuch)
    ? Math.max(least, state.perSecond / 2)
    : isAbove(signs, enough)
      ? state.perSecond
      : Math.min(most, state.perSecond + most / STEPS)
  return { ...state, perSecond, adaptedAtMs: nowMs }
}

const isAbove = (signs: Signs, bound: Signs): boolean => signs.load > bound.load || signs.lateMs > bound.lateMs

/** The next ones go when these have had their time. */
export const taken = (state: PaceState, count: number, nowMs: number): PaceState => ({
  ...state,
  freeAtMs: Math.max(nowMs, state.freeAtMs) + (count / state.perSecond) * 1000,
})

/** Of what is read again beside live work, so long a time's at once. */
export const PORTION_SECONDS = 0.2
/** A second, however late others are. A second that a portion misses by a moment has 500 all the same. */
export const LEAST_BESIDE_LIVE = 500 / (1 - PORTION_SECONDS)

/** How many may go at once. Who comes late catches up with a second, of LEAST_BESIDE_LIVE at most. */
export const dueAt = ({ perSecond, freeAtMs }: PaceState, nowMs: number): number =>
  Math.min(perSecond, LEAST_BESIDE_LIVE, Math.max(0, ((nowMs - freeAtMs) / 1000) * perSecond))

/** As `taken`, with what is due by then. */
export const takenLate = (state: PaceState, count: number, nowMs: number): PaceState => ({
  ...state,
  freeAtMs: Math.max(state.freeAtMs, nowMs - (dueAt(state, nowMs) / state.perSecond) * 1000) + (count / state.perSecond) * 1000,
})
