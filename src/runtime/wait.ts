// Waiting that ends early when the signal aborts.
import { onAbort } from './or-abort.ts'

/** Resolves true after delayMs, false as soon as the signal aborts; never rejects. */
export function wait(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise(resolve => {
    const end = (reached: boolean) => {
      clearTimeout(timer)
      stop()
      resolve(reached)
    }
    const timer = setTimeout(() => end(true), delayMs)
    const stop = onAbort(signal, () => end(false))
  })
}

/** Exponential from baseMs to capMs, spread by +-jitter (0..1); attempt counts from 1; random in [0, 1). */
export function backoffMs(of: { attempt: number; baseMs: number; capMs: number; jitter: number; random: number }): number {
  const plain = Math.min(of.capMs, of.baseMs * 2 ** Math.min(of.attempt - 1, 30))
  return Math.round(spread(plain, of.jitter, of.random))
}

/** Of attempts that fail one after another: the 1st, 2nd, 4th, 8th ... An outage of hours is a page of log, not a book. */
export const isWorthSaying = (attempt: number): boolean => Number.isInteger(Math.log2(attempt))

export const spread = (valueMs: number, jitter: number, random: number): number => valueMs * (1 + jitter * (2 * random - 1))
