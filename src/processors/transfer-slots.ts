// At most so many transfers at once, and so many per instance; instances take turns, and live files go before repeated ones.

export type TransferSlots = {
  /** Resolves with the function that gives the slot back (idempotent); rejects with the signal's reason once that aborts. */
  take(of: { instanceId: string; live: boolean }, signal: AbortSignal): Promise<() => void>
  taken(): number
  waiting(): number
}
type Waiter = { instanceId: string; live: boolean; start: () => void }

export function createTransferSlots(limits: { max: number; maxPerInstance: number }): TransferSlots {
  /** In order of arrival. */
  const waiting: Waiter[] = []
  const running = new Map<string, number>()
  /** When each instance had its last turn; the one that waited longest is next. Kept only while it waits or runs. */
  const lastTurn = new Map<string, number>()
  let taken = 0
  let turn = 0

  function grant(): void {
    while (taken < limits.max) {
      const next = nextWaiter()
      if (next === undefined) return
      waiting.splice(waiting.indexOf(next), 1)
      taken += 1
      running.set(next.instanceId, (running.get(next.instanceId) ?? 0) + 1)
      lastTurn.set(next.instanceId, ++turn)
      next.start()
    }
  }

  function nextWaiter(): Waiter | undefined {
    let best: Waiter | undefined
    for (const one of waiting)
      if ((running.get(one.instanceId) ?? 0) < limits.maxPerInstance && (best === undefined || goesBefore(one, best))) best = one
    return best
  }
  const goesBefore = (one: Waiter, other: Waiter): boolean => (one.live === other.live ? turnOf(one) < turnOf(other) : one.live)
  const turnOf = (one: Waiter): number => lastTurn.get(one.instanceId) ?? 0

  function giveBack(instanceId: string): void {
    taken -= 1
    const left = (running.get(instanceId) ?? 1) - 1
    if (left > 0) running.set(instanceId, left)
    else running.delete(instanceId)
    forgetIfIdle(instanceId)
    grant()
  }
  const forgetIfIdle = (instanceId: string): void => {
    if (!running.has(instanceId) && !waiting.some(one => one.instanceId === instanceId)) lastTurn.delete(instanceId)
  }

  return {
    take: (of, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const onAbort = () => {
          waiting.splice(waiting.indexOf(waiter), 1)
          forgetIfIdle(of.instanceId)
          reject(signal.reason)
        }
        const waiter: Waiter = {
          ...of,
          start: () => {
            signal.removeEventListener('abort', onAbort)
            let given = false
            resolve(() => {
              if (!given) giveBack(of.instanceId)
              given = true
            })
          },
        }
        signal.addEventListener('abort', onAbort, { once: true })
        waiting.push(waiter)
        grant()
      }),
    taken: () => taken,
    waiting: () => waiting.length,
  }
}
