// How many attempts are in flight, bounded per process and per endpoint. Waiting for a slot costs no attempt, and endpoints take turns,
// so that a slow or dead one delays no other.

export type Slot = { release(): void }
export type Patience = { maxWaiting: number; maxWaitMs: number } | 'endless'
export type Slots = {
  /** `full`: too many wait for this endpoint already, or no slot came in time. */
  take(endpointId: string, patience: Patience, signal: AbortSignal): Promise<Slot | 'full' | 'aborted'>
  /** Turns away whoever waits or comes later; slots that were given stay. */
  close(): void
}

type Waiter = { start: (slot: Slot) => void }
type Line = { active: number; waiting: Waiter[] }

export function createSlots(limits: { total: number; perEndpoint: number }): Slots {
  /** Endpoints with anything in flight or waiting; the one served last is last. */
  const lines = new Map<string, Line>()
  const closing = new AbortController()
  let active = 0

  const lineOf = (endpointId: string): Line => {
    const known = lines.get(endpointId)
    if (known !== undefined) return known
    const line = { active: 0, waiting: [] }
    lines.set(endpointId, line)
    return line
  }

  const forgetIdle = (endpointId: string, line: Line) => {
    if (line.active === 0 && line.waiting.length === 0) lines.delete(endpointId)
  }

  const open = (endpointId: string, line: Line): Slot => {
    let released = false
    active++
    line.active++
    return {
      release: () => {
        if (released) return
        released = true
        active--
        line.active--
        forgetIdle(endpointId, line)
        startNext()
      },
    }
  }

  function startNext() {
    for (const [endpointId, line] of [...lines]) {
      if (active >= limits.total) return
      const waiter = line.active < limits.perEndpoint ? line.waiting.shift() : undefined
      if (waiter === undefined) continue
      lines.delete(endpointId)
      lines.set(endpointId, line)
      waiter.start(open(endpointId, line))
    }
  }

  return {
    take: (endpointId, patience, signal) => {
      if (signal.aborted || closing.signal.aborted) return Promise.resolve('aborted')
      const line = lineOf(endpointId)
      if (line.waiting.length === 0 && line.active < limits.perEndpoint && active < limits.total)
        return Promise.resolve(open(endpointId, line))
      if (patience !== 'endless' && line.waiting.length >= patience.maxWaiting) return Promise.resolve('full')
      return new Promise(resolve => {
        const settle = (answer: Slot | 'full' | 'aborted') => {
          clearTimeout(timer)
          signal.removeEventListener('abort', abort)
          closing.signal.removeEventListener('abort', abort)
          resolve(answer)
        }
        const giveUp = (answer: 'full' | 'aborted') => {
          line.waiting.splice(line.waiting.indexOf(waiter), 1)
          forgetIdle(endpointId, line)
          settle(answer)
        }
        const waiter: Waiter = { start: settle }
        const abort = () => giveUp('aborted')
        const timer = patience === 'endless' ? undefined : setTimeout(() => giveUp('full'), patience.maxWaitMs)
        line.waiting.push(waiter)
        signal.addEventListener('abort', abort, { once: true })
        closing.signal.addEventListener('abort', abort, { once: true })
      })
    },
    close: () => closing.abort(),
  }
}
