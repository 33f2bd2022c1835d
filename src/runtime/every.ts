// What many do at the same interval, by one timer: it runs while anybody does.

/** Calls back every `everyMs`, the first time within that. Answers what ends it. A callback never throws. */
export type Every = (callback: () => void) => () => void

export function createEvery(everyMs: number): Every {
  const callbacks = new Set<{ call(): void }>()
  let timer: NodeJS.Timeout | null = null
  const tick = () => {
    for (const { call } of callbacks) call()
  }
  return callback => {
    const own = { call: callback }
    callbacks.add(own)
    timer ??= setInterval(tick, everyMs)
    return () => {
      callbacks.delete(own)
      if (callbacks.size > 0 || timer === null) return
      clearInterval(timer)
      timer = null
    }
  }
}
