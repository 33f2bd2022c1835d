// How late live work is: from when a batch of live records has its turn in its partition until it is projected, where this process projects; elsewhere
// how long the oldest one has waited that others have not projected.

export type Lateness = {
  note(lateMs: number): void
  /** From now on, until it is held at something else: for who looks now and then, and does not see each batch. */
  hold(lateMs: number): void
  /** Since this was asked last, by the one who asks. 0: nothing was late, or nothing came. */
  worstMs(): number
  /** The same for somebody else: what one is told the other is told, too. */
  another(): () => number
  /** ms since something live was done here; infinite: nothing ever was. */
  quietMs(): number
}

/** `monotonic`: ms. */
export function watchLateness(monotonic: () => number = () => performance.now()): Lateness {
  const askers: { worst: number }[] = []
  let held = 0
  let notedAt = Number.NEGATIVE_INFINITY
  const another = () => {
    const asker = { worst: 0 }
    askers.push(asker)
    return () => {
      const since = Math.max(asker.worst, held)
      asker.worst = 0
      return since
    }
  }
  return {
    note: lateMs => {
      notedAt = monotonic()
      for (const asker of askers) asker.worst = Math.max(asker.worst, lateMs)
    },
    hold: lateMs => {
      held = lateMs
    },
    worstMs: another(),
    another,
    quietMs: () => monotonic() - notedAt,
  }
}

/** Of the process. */
export const liveLateness: Lateness = watchLateness()
