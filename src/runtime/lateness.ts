// How late live work is in this process: from when a batch of live records has its turn in its partition until it is projected.

export type Lateness = {
  note(lateMs: number): void
  /** Since this was asked last, by the one who asks. 0: nothing was late, or nothing came. */
  worstMs(): number
  /** The same for somebody else: what one is told the other is told, too. */
  another(): () => number
}

export function watchLateness(): Lateness {
  const askers: { worst: number }[] = []
  const another = () => {
    const asker = { worst: 0 }
    askers.push(asker)
    return () => {
      const since = asker.worst
      asker.worst = 0
      return since
    }
  }
  return {
    note: lateMs => {
      for (const asker of askers) asker.worst = Math.max(asker.worst, lateMs)
    },
    worstMs: another(),
    another,
  }
}

/** Of the process. */
export const liveLateness: Lateness = watchLateness()
