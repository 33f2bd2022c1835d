// Counts failures per address, so that keys cannot be guessed quickly; memory is bounded whatever comes in.

export type FailureLimit = {
  /** 0: may try. */
  blockedForMs(address: string, nowAt: number): number
  failed(address: string, nowAt: number): void
}

export function createFailureLimit(options: { maxFailures: number; windowMs: number; maxAddresses: number }): FailureLimit {
  const windows = new Map<string, { failures: number; endsAt: number }>()

  const openWindow = (address: string, nowAt: number) => {
    const known = windows.get(address)
    return known !== undefined && known.endsAt > nowAt ? known : null
  }

  return {
    blockedForMs: (address, nowAt) => {
      const window = openWindow(address, nowAt)
      return window !== null && window.failures >= options.maxFailures ? window.endsAt - nowAt : 0
    },
    failed: (address, nowAt) => {
      const window = openWindow(address, nowAt) ?? { failures: 0, endsAt: nowAt + options.windowMs }
      window.failures += 1
      windows.delete(address)
      windows.set(address, window)
      if (windows.size > options.maxAddresses) forgetOldest()
    },
  }

  /** A map iterates in insertion order, and a failure inserts anew: the first has been silent for longest. */
  function forgetOldest() {
    for (const address of windows.keys()) {
      windows.delete(address)
      return
    }
  }
}
