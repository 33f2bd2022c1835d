// A beat that many share: one timer for all who wait for it, none while nobody does.

/** Calls back at the next beat, at most `everyMs` from now, in the order in which they asked. A callback never throws. */
export function createBeat(everyMs: () => number): (callback: () => void) => void {
  let waiting: (() => void)[] = []
  return callback => {
    if (waiting.length === 0)
      setTimeout(() => {
        const due = waiting
        waiting = []
        for (const call of due) call()
      }, everyMs())
    waiting.push(callback)
  }
}
