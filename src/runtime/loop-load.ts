// How busy this process's event loop is: what is done in small pieces while there is time is done in larger ones when there is none.
import { performance } from 'node:perf_hooks'

/** The share of the last tenths of a second in which the loop had work, 0 to 1. */
export type LoopLoad = () => number

/** Looked at anew not more often than this. */
const overMs = 200

export function watchLoopLoad(): LoopLoad {
  let since = performance.eventLoopUtilization()
  let sinceMs = performance.now()
  let share = 0
  return () => {
    const nowMs = performance.now()
    if (nowMs - sinceMs < overMs) return share
    const now = performance.eventLoopUtilization()
    share = performance.eventLoopUtilization(now, since).utilization
    since = now
    sinceMs = nowMs
    return share
  }
}

/** Of the process, whose loop is one. */
export const loopLoad: LoopLoad = watchLoopLoad()
/** More than this, and whoever can wait for more to do waits. */
export const isBusy = (load: number): boolean => load > 0.85
