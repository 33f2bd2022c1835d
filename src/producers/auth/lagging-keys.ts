// What of an instance's keys is ahead of its rows: judged as it is set, and counted until it is durable. Nothing here waits.
import type { KeyWrite } from './auth-rows.ts'
import type { KeyOverlay } from './key-overlay.ts'
import type { Lag, LagBudget } from './lag-budget.ts'
import { type Change, isTooFar, laggingOf, type Step } from './may-lag.ts'
import { type Reach, reachOfText } from './ratchet-reach.ts'
import type { SetAside } from './set-aside.ts'

/** A write, and what Baileys set: it is looked at once, and kept nowhere. */
export type SetKey = KeyWrite & { given: unknown }
export type LaggingKeys = {
  /** Puts a unit into the overlay. Answers whether all of it may lag: where not, its receipt waits until it is durable. */
  put(unit: readonly SetKey[]): boolean
  /** Puts what somebody waits for. */
  putDurable(writes: readonly KeyWrite[]): void
  /** What is in the overlay is on its way. Answers whether any of it was set ahead. */
  beginWrite(): boolean
  /** That is durable. */
  written(): void
  /** The socket is over: what lagged is lost. */
  end(): void
}
/** Of one ratchet: how far its row is, what is on its way to it, and how far it is. */
type Progress = { row: Reach; inFlight: Reach | null; now: Reach }

type Deps = { overlay: KeyOverlay; budget: LagBudget; setAside: Pick<SetAside, 'of'> }

export function createLaggingKeys({ overlay, budget, setAside }: Deps): LaggingKeys {
  const ratchets = new Map<string, Progress>()
  const pending: Lag = { steps: 0, bytes: 0 }
  const inFlight: Lag = { steps: 0, bytes: 0 }
  let isOver = false

  function changeOf({ type, id, given }: SetKey): Change {
    const before = overlay.known({ type, id })
    const isAbsent = before === null
    const known = ratchets.get(placeOf({ type, id }))?.now
    if (known !== undefined) return { type, id, value: given, isAbsent, from: known }
    return { type, id, value: given, isAbsent, from: before ? reachOfText(type, before) : null }
  }

  function mayLag(write: KeyWrite, lagging: Step | 'lags' | 'waits'): boolean {
    if (!isStep(lagging)) return lagging === 'lags'
    const place = placeOf(write)
    const progress = ratchets.get(place)
    ratchets.set(place, { row: lagging.from, inFlight: null, ...progress, now: lagging.to })
    return !isTooFar(lagging, progress?.row ?? null)
  }

  /** What goes on after the end would take room that nobody gives back. */
  function count(unit: readonly KeyWrite[]): void {
    if (isOver) return
    const lag = { steps: 1, bytes: unit.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) }
    add(pending, lag)
    budget.take(lag)
  }

  return {
    put: unit => {
      const lagging = laggingOf(unit.map(changeOf))
      const writes = unit.map(({ type, id, value }) => ({ type, id, value }))
      const kept = writes.flatMap((write, index) => (isStep(lagging[index]) ? setAside.of(write) : [write]))
      overlay.put(kept)
      count(kept)
      const may = unit.map((write, index) => mayLag(write, lagging[index] ?? 'waits'))
      return may.every(Boolean) && !budget.isFull()
    },
    putDurable: writes => {
      overlay.put(writes)
      for (const write of writes) ratchets.delete(placeOf(write))
    },
    beginWrite: () => {
      for (const progress of ratchets.values()) progress.inFlight = progress.now
      add(inFlight, pending)
      Object.assign(pending, none)
      return inFlight.steps > 0
    },
    written: () => {
      for (const [place, progress] of ratchets)
        if (progress.inFlight === progress.now) ratchets.delete(place)
        else if (progress.inFlight !== null) Object.assign(progress, { row: progress.inFlight, inFlight: null })
      budget.giveBack(inFlight)
      Object.assign(inFlight, none)
    },
    end: () => {
      isOver = true
      for (const lag of [pending, inFlight]) {
        budget.giveBack(lag)
        Object.assign(lag, none)
      }
    },
  }
}

const isStep = (lagging: Step | string | undefined): lagging is Step => typeof lagging === 'object'

const none: Lag = { steps: 0, bytes: 0 }

function add(to: Lag, lag: Lag): void {
  to.steps += lag.steps
  to.bytes += lag.bytes
}

const placeOf = ({ type, id }: { type: string; id: string }): string => `${type}|${id}`
