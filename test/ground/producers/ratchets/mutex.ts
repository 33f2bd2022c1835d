// One at a time, in the order of the calls; who fails holds nobody up.
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

export function createMutex(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const result = last.then(work)
    last = result.catch(() => null) // the caller hears of it
    return result
  }
}
