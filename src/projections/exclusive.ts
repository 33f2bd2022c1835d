// One at a time, in the order of asking: who works on a partition of a projection.

export type Exclusive = {
  /** Runs it once everybody before is done, whatever that came to. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Nobody works or waits. */
  isFree(): boolean
}

export function createExclusive(): Exclusive {
  let last: Promise<unknown> = Promise.resolve()
  let asking = 0
  return {
    run: work => {
      asking += 1
      const next = last.then(work, work).finally(() => {
        asking -= 1
      })
      last = next.catch(() => undefined) // its caller has the error
      return next
    },
    isFree: () => asking === 0,
  }
}
