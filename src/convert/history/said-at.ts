// Instants as a history says them, where they can be: of those that cannot, and those that are not said, null.
import { numberOf } from '../kinds/body.ts'
import { whenOf } from '../occurred-at.ts'

type Numeric = Parameters<typeof numberOf>[0]

/** Of epoch seconds, as epoch milliseconds. `toldAt`: when the history was told. */
export function secondsAt(seconds: Numeric, toldAt: number): number | null {
  const said = numberOf(seconds)
  return said === null ? null : possible(said * 1000, toldAt)
}

/** Of epoch milliseconds. */
export function msAt(ms: Numeric, toldAt: number): number | null {
  const said = numberOf(ms)
  return said === null ? null : possible(said, toldAt)
}

const possible = (ms: number, toldAt: number): number | null =>
  whenOf(String(Math.trunc(ms / 1000)), toldAt).occurredAtSaid === null ? ms : null
