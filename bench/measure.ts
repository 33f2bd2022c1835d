// What a bench is, and what it says of one run: the work done by zaplog, and the same work done by the bare library, in turns.
import type { Usage } from './usage.ts'

export type Measured = {
  value: number
  unit: string
  /** The same work with the bare library, in the same unit. */
  bare: number
  /** Operations per run, of zaplog's side. */
  n: number
  /** How long those took. */
  seconds: number
  /** Value to bare, of each slice of the run [the run's own]. */
  ratios?: readonly number[]
  /** What an operation cost, where that was watched. */
  usage?: Usage
  /** What else was seen; not compared. */
  more?: Readonly<Record<string, number>>
}
export type Run = () => Promise<Measured>
/** Opens what it needs, leaves its closing to `closing`, warms both sides up, and answers what measures both once. */
export type Bench = (closing: AsyncDisposableStack) => Promise<Run>

/** A part that this machine lacks; the message says in one line how to get it. */
export class NotHere extends Error {
  override name = 'NotHere'
  readonly code = 'not-here'
  readonly retryable = false
}

/** Seconds that the work took. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** A figure of work that was not all done is none. */
export function expectEqual(what: string, got: number, expected: number): void {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`)
}

/** The value below which the fraction `of` of them lies; 0 of none. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** At most four digits that count. */
export const round = (value: number): number => Number(value.toPrecision(4))
