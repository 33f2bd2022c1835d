// How fast what becomes no message goes out: so many a minute of an account, a few at once. Each command has a turn of its own from the first time it
// asks, so that those that wait come one by one and not all at each turn. It is lost with the process.
import { createLru } from '../../runtime/lru.ts'
import type { PaceClass } from '../actions/action.ts'

export type ActionPace = {
  /** How long the command's turn is away; 0: it is now, and taken. */
  turnIn(of: { instanceId: string; commandId: string }): number
}
export type ActionPaces = Readonly<Record<PaceClass, ActionPace>>

/** `perMinute` 0: none is paced. `clock`: milliseconds. */
type Deps = { perMinute: number; burst: number; clock: () => number }

const maxInstances = 10_000
/** One that is forgotten gets a later turn. */
const maxWaiting = 100_000

export function createActionPace({ perMinute, burst, clock }: Deps): ActionPace {
  if (perMinute === 0) return { turnIn: () => 0 }
  const spacingMs = 60_000 / perMinute
  /** When all turns that were given are earned again (the theoretical arrival time of GCRA). */
  const earnedAt = createLru<number>(maxInstances)
  const turnOf = createLru<number>(maxWaiting)

  function newTurn(instanceId: string): number {
    const now = clock()
    const earned = Math.max(earnedAt.get(instanceId) ?? now, now) + spacingMs
    earnedAt.set(instanceId, earned)
    return earned - burst * spacingMs
  }

  return {
    turnIn: ({ instanceId, commandId }) => {
      const key = `${instanceId}|${commandId}`
      const turnAt = turnOf.get(key) ?? newTurn(instanceId)
      const waitMs = Math.max(0, Math.ceil(turnAt - clock()))
      if (waitMs > 0) turnOf.set(key, turnAt)
      else turnOf.delete(key)
      return waitMs
    },
  }
}
