// Waits for a promise, or for the first of the signals: then it rejects with `reason`, and what the promise yields is the caller's to dispose of.

export function orAbort<T>(promise: Promise<T>, reason: Error, ...signals: readonly AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(reason)
    for (const signal of signals) {
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
    }
    const unwatch = () => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort)
    }
    promise.then(resolve, reject).finally(unwatch)
  })
}
