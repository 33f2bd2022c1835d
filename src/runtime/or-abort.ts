// Being told of an abort, and not waiting longer than until then.

/**
 * Calls back once, never before it has answered, when the signal aborts or where it has; answers how to stop listening.
 * Any number of callbacks are one listener of the signal: Node compares a new listener with every other, so that ten thousand
 * waiting calls would cost their square.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    let stopped = false
    queueMicrotask(() => stopped || callback())
    return () => {
      stopped = true
    }
  }
  const watch = watches.get(signal) ?? openWatch(signal)
  const entry = { callback }
  watch.entries.add(entry)
  return () => {
    if (watch.entries.delete(entry) && watch.entries.size === 0) watch.close()
  }
}

/** Settles as the promise does, or rejects with `reason` as soon as one of the signals aborts: then the promise's outcome is nobody's concern here. */
export function orAbort<T>(promise: Promise<T>, reason: () => unknown, ...signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const stops = signals.map(signal => onAbort(signal, () => reject(reason())))
    promise.then(resolve, reject).finally(() => {
      for (const stop of stops) stop()
    })
  })
}

/** Resolves as the promise does, or to null as soon as the signal aborts; listens to the signal no longer than until one of them. */
export const orNullIfAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => resolve(null))
    promise.then(resolve, reject).finally(stop)
  })

/** Resolves when the signal aborts, at once where it has. Whoever may stop waiting before listens with `orNullIfAborted`. */
export const aborted = (signal: AbortSignal): Promise<null> => new Promise(resolve => void onAbort(signal, () => resolve(null)))

/** For work that nobody calls off. */
export const never: AbortSignal = new AbortController().signal

type Entry = { callback: () => void }
type Watch = { entries: Set<Entry>; close(): void }
const watches = new WeakMap<AbortSignal, Watch>()

function openWatch(signal: AbortSignal): Watch {
  const entries = new Set<Entry>()
  const callAll = () => {
    watches.delete(signal)
    for (const { callback } of entries) callback()
  }
  const close = () => {
    watches.delete(signal)
    signal.removeEventListener('abort', callAll)
  }
  const watch = { entries, close }
  signal.addEventListener('abort', callAll, { once: true })
  watches.set(signal, watch)
  return watch
}
