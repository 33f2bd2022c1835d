// Work under one name runs once at a time, and who asks meanwhile gets its result. A failure that is only the first one's own is not
// shared: the next does the work itself. Nobody waits beyond its own signal, and nobody ends with another's.
import { orAbort } from '../../runtime/or-abort.ts'

export type SharedWork<T> = {
  /** Rejects with the work's failure, or with the signal's reason. */
  share(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/** `isOwn`: whether a failure says something of who did the work, so that another one could succeed. */
export function createSharedWork<T>(isOwn: (failure: unknown) => boolean): SharedWork<T> {
  const running = new Map<string, { result: Promise<T>; signal: AbortSignal }>()

  function begin(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const result = work().finally(() => running.delete(name))
    running.set(name, { result, signal })
    return result
  }

  return {
    async share(name, work, signal) {
      for (let others = running.get(name); others !== undefined; others = running.get(name)) {
        try {
          return await orAbort(others.result, () => signal.reason, signal)
        } catch (failure) {
          const mayDoBetter = others.signal.aborted || isOwn(failure)
          if (signal.aborted || !mayDoBetter) throw failure
        }
      }
      return await begin(name, work, signal)
    },
  }
}
