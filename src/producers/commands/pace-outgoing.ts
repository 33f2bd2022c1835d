// How fast an account writes to people: so many a minute, a few at once, each a little off its time. A turn is kept for whom it was given to.
// Pure but for the turns that it remembers; they are lost with the process, as are those that were taken.
import { createLru } from '../../runtime/lru.ts'

export type OutgoingPace = {
  /** Answers how long this command has to wait for its turn; 0: it is now, and taken. */
  waitMs(of: { instanceId: string; commandId: string }): number
}
/** `perMinute` 0: none is paced. `clock`: milliseconds. */
type Deps = { perMinute: number; burst: number; clock: () => number; random: () => number }

const maxTurns = 20_000
const maxInstances = 10_000

export function createOutgoingPace({ perMinute, burst, clock, random }: Deps): OutgoingPace {
  const spacingMs = 60_000 / perMinute
  /** When all that were given out are earned again (the theoretical arrival time of GCRA). */
  const earnedAt = createLru<number>(maxInstances)
  const turns = createLru<number>(maxTurns)

  function newTurn(instanceId: string, now: number): number {
    const earned = Math.max(earnedAt.get(instanceId) ?? now, now)
    earnedAt.set(instanceId, earned + spacingMs)
    const turnAt = earned - (burst - 1) * spacingMs
    return turnAt <= now ? now : turnAt + (random() * spacingMs) / 2
  }

  return {
    waitMs: ({ instanceId, commandId }) => {
      if (perMinute === 0) return 0
      const now = clock()
      const name = `${instanceId} ${commandId}`
      const turnAt = turns.get(name) ?? newTurn(instanceId, now)
      if (turnAt <= now) turns.delete(name)
      else turns.set(name, turnAt)
      return Math.max(0, Math.ceil(turnAt - now))
    },
  }
}
