// How fast an account writes to people: so many a minute, a few at once, each a little off its time. What is remembered is one turn of each account,
// the next one, however much waits for it. Pure but for that; it is lost with the process.
import { createLru } from '../../runtime/lru.ts'

export type OutgoingPace = {
  /** How long the account's next turn is away; 0: it is now. */
  waitMs(instanceId: string): number
  /** When that is, in the clock's milliseconds; in the past: now. */
  nextAt(instanceId: string): number
  /** How many the account may take at once now; null: it is not paced. */
  left(instanceId: string): number | null
  /** How many turns the account may have had before `waitMs` is to be asked again. */
  atOnce: number
  takeTurn(instanceId: string): void
  /** Of the last turns that were taken: nothing went out. */
  giveTurnBack(instanceId: string): void
}
/** `perMinute` 0: none is paced. `clock`: milliseconds. */
type Deps = { perMinute: number; burst: number; clock: () => number; random: () => number }
/** `earnedAt`: when all that were taken are earned again (the theoretical arrival time of GCRA); `nextAt`: the next turn. */
type Turns = { earnedAt: number; nextAt: number }

const maxInstances = 10_000

export function createOutgoingPace({ perMinute, burst, clock, random }: Deps): OutgoingPace {
  if (perMinute === 0) return unpaced
  const spacingMs = 60_000 / perMinute
  const turns = createLru<Turns>(maxInstances)

  function setTurns(instanceId: string, earnedAt: number): void {
    const now = clock()
    const turnAt = earnedAt - (burst - 1) * spacingMs
    turns.set(instanceId, { earnedAt, nextAt: turnAt <= now ? now : turnAt + (random() * spacingMs) / 2 })
  }

  const nextAt = (instanceId: string) => Math.ceil(turns.get(instanceId)?.nextAt ?? 0)

  return {
    waitMs: instanceId => Math.max(0, nextAt(instanceId) - clock()),
    nextAt,
    left: instanceId => {
      const now = clock()
      const owedMs = Math.max(0, (turns.get(instanceId)?.earnedAt ?? now) - now)
      return Math.max(0, Math.floor(burst - owedMs / spacingMs))
    },
    atOnce: 1,
    takeTurn: instanceId => {
      const now = clock()
      setTurns(instanceId, Math.max(turns.get(instanceId)?.earnedAt ?? now, now) + spacingMs)
    },
    giveTurnBack: instanceId => {
      const taken = turns.get(instanceId)
      if (taken !== undefined) setTurns(instanceId, taken.earnedAt - spacingMs)
    },
  }
}

const unpaced: OutgoingPace = {
  waitMs: () => 0,
  nextAt: () => 0,
  left: () => null,
  atOnce: Number.MAX_SAFE_INTEGER,
  takeTurn: () => undefined,
  giveTurnBack: () => undefined,
}
