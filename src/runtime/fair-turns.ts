// Something scarce of the whole process, shared out fairly: at most so many hold it at once, at most so many of one key, and keys take turns.
// The key served longest ago is next; among what a key waits for, urgent ones come first and late ones last, then order of arrival.
import { onAbort } from './or-abort.ts'

export type Turn = {
  /** Idempotent. */
  release(): void
}
export type Asked = {
  /** An instance, an endpoint: whoever may not take everything. */
  key: string
  /** Goes before all that are not, of whatever key. */
  urgent?: boolean
  /** Goes after all that are not, of its own key. */
  late?: boolean
  /** Unset: waits as long as it takes. */
  patience?: Patience
}
/** At most so many of one key wait, each for at most so long. */
export type Patience = { maxWaiting: number; maxWaitMs: number }
/** A turn that is free, or none. */
export const AT_ONCE: Patience = { maxWaiting: 0, maxWaitMs: 0 }
export type FairTurns = {
  /** `full`: too many of its key wait already, or no turn came in time. `aborted`: the signal did first, or nobody is served any more. Never rejects. */
  take(asked: Asked, signal: AbortSignal): Promise<Turn | 'full' | 'aborted'>
  held(): number
  waiting(): number
  /** Turns away whoever waits or comes later; turns that were given stay. */
  close(): void
}

type Waiter = { urgent: boolean; late: boolean; begin(turn: Turn): void }
/** Kept while its key holds or waits. */
type Line = { held: number; waiting: Waiter[] }

export function createFairTurns(limits: { total: number; perKey: number }): FairTurns {
  /** The key that had a turn last is last. */
  const lines = new Map<string, Line>()
  const closing = new AbortController()
  let held = 0

  function serve(): void {
    while (held < limits.total) {
      const next = nextOf(lines, limits.perKey)
      if (next === null) return
      const { key, line, waiter } = next
      line.waiting.splice(line.waiting.indexOf(waiter), 1)
      moveToEnd(key, line)
      waiter.begin(give(key, line))
    }
  }

  function give(key: string, line: Line): Turn {
    let isReleased = false
    held += 1
    line.held += 1
    return {
      release: () => {
        if (isReleased) return
        isReleased = true
        held -= 1
        line.held -= 1
        // Who came while it had its turn goes before it.
        moveToEnd(key, line)
        forgetIdle(key, line)
        serve()
      },
    }
  }

  const moveToEnd = (key: string, line: Line): void => {
    lines.delete(key)
    lines.set(key, line)
  }

  const forgetIdle = (key: string, line: Line): void => {
    if (line.held === 0 && line.waiting.length === 0) lines.delete(key)
  }

  function take({ key, urgent = false, late = false, patience }: Asked, signal: AbortSignal): Promise<Turn | 'full' | 'aborted'> {
    if (signal.aborted || closing.signal.aborted) return Promise.resolve('aborted')
    const line = lines.get(key) ?? { held: 0, waiting: [] }
    if (patience !== undefined && line.waiting.length >= patience.maxWaiting && !isFree(line)) return Promise.resolve('full')
    lines.set(key, line)
    return new Promise(resolve => {
      const end = (answer: Turn | 'full' | 'aborted') => {
        clearTimeout(timer)
        for (const stop of stops) stop()
        resolve(answer)
      }
      const leave = (answer: 'full' | 'aborted') => {
        line.waiting.splice(line.waiting.indexOf(waiter), 1)
        forgetIdle(key, line)
        end(answer)
      }
      const waiter: Waiter = { urgent, late, begin: end }
      const timer = patience === undefined ? undefined : setTimeout(() => leave('full'), patience.maxWaitMs)
      const stops = [signal, closing.signal].map(one => onAbort(one, () => leave('aborted')))
      line.waiting.push(waiter)
      serve()
    })
  }

  const isFree = (line: Line): boolean => held < limits.total && line.held < limits.perKey && line.waiting.length === 0

  return {
    take,
    held: () => held,
    waiting: () => [...lines.values()].reduce((sum, line) => sum + line.waiting.length, 0),
    close: () => closing.abort(),
  }
}

/** Of the keys that may have another turn, the urgent ones first, then the one served longest ago. null: nobody who may. */
function nextOf(lines: ReadonlyMap<string, Line>, perKey: number): { key: string; line: Line; waiter: Waiter } | null {
  let next: { key: string; line: Line; waiter: Waiter } | null = null
  for (const [key, line] of lines) {
    if (line.held >= perKey) continue
    const urgent = line.waiting.find(waiter => waiter.urgent)
    if (urgent !== undefined) return { key, line, waiter: urgent }
    const first = line.waiting.find(waiter => !waiter.late) ?? line.waiting[0]
    if (next === null && first !== undefined) next = { key, line, waiter: first }
  }
  return next
}
