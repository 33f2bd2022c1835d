// How late live work is in this process: from when a batch of live records has its turn in its partition until it is projected.

export type Lateness = {
  note(lateMs: number): void
  /** Since this was asked last, by the one who asks. 0: nothing was late, or nothing came. */
  worstMs(): number
}

export function watchLateness(): Lateness {
  let worst = 0
  return {
    note: lateMs => {
      worst = Math.max(worst, lateMs)
    },
    worstMs: () => {
      const since = worst
      worst = 0
      return since
    },
  }
}

/** Of the process. */
export const liveLateness: Lateness = watchLateness()
