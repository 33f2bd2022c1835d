// The power of one process: once it is cut, nothing of that process reaches a database, a log or WhatsApp any more, and what it had asked for is
// not answered. What was on its way may still take effect, as it may when a machine dies.
import { orAbort } from '../../../../src/runtime/or-abort.ts'

export type Power = {
  /** Aborts when it is cut. */
  off: AbortSignal
  cut(): void
  /** An instant between two steps of the process. The power is cut at the planned one; where it is off, throws. */
  instant(): void
  /** The port as this process has it: of the named functions each call and each answer is an instant. */
  of<Port extends object>(port: Port, ...functions: readonly (keyof Port & string)[]): Port
}

/** `cutAt`: the instant at which it is cut, from 1; null: at none. */
export function openPower(cutAt: number | null): Power {
  const end = new AbortController()
  let instants = 0
  const dead = () => new Error('the power is cut')

  function instant(): void {
    instants += 1
    if (instants === cutAt) end.abort()
    if (end.signal.aborted) throw dead()
  }

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
