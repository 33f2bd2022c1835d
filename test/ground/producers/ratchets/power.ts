// The power of one process: once it is cut, nothing of that process reaches a database, a log or WhatsApp any more, and what it had asked for is
// not answered. What was on its way may still take effect, as it may when a machine dies.
import { orAbort } from '../../../../src/runtime/or-abort.ts'

export type Power = {
  /** Aborts when it is cut. */
  off: AbortSignal
  cut(): void
  /** An instant between two steps of the process. The power is cut at the planned one; where it is off, throws. */
  instant(): void
  /** The instant after something has left for WhatsApp. */
  said(): void
  /** The port as this process has it: of the named functions each call and each answer is an instant. */
  of<Port extends object>(port: Port, ...functions: readonly (keyof Port & string)[]): Port
}

/** The nth instant, or the instant after the nth word to WhatsApp, from 1. */
export type Death = { at: 'instant' | 'word'; nth: number }

/** null: it is cut by nobody but `cut`. */
export function openPower(death: Death | null): Power {
  const end = new AbortController()
  const passed = { instant: 0, word: 0 }
  const dead = () => new Error('the power is cut')

  function pass(at: Death['at']): void {
    passed[at] += 1
    if (death?.at === at && passed[at] === death.nth) end.abort()
    if (end.signal.aborted) throw dead()
  }
  const instant = () => pass('instant')

  async function powered(call: () => Promise<unknown>): Promise<unknown> {
    instant()
    const answer = await orAbort(call(), dead, end.signal)
    instant()
    return answer
  }

  return {
    off: end.signal,
    cut: () => end.abort(),
    instant,
    said: () => pass('word'),
    of: (port, ...functions) =>
      new Proxy(port, {
        get(target, property) {
          const found: unknown = Reflect.get(target, property)
          if (typeof found !== 'function' || !functions.some(name => name === property)) return found
          return (...args: unknown[]) => powered(() => Reflect.apply(found, target, args))
        },
      }),
  }
}
