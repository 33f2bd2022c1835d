// The course of one test, laid down beforehand by a seed: what happens, who does it, and when our process dies.
import { seeded } from '../../scenarios/seeded.ts'
import type { Death } from './power.ts'

/** Numbers are taken modulo whatever there is. */
export type Step = {
  what: What
  person: number
  device: number
  count: number
  /** Until WhatsApp keeps nothing more for the account, or its process has died. */
  waits: boolean
}
export type What = (typeof weights)[number][0]
export type Plan = {
  seed: number
  steps: readonly Step[]
  /** Of the processes one after another; null: it lives on. */
  deaths: readonly (Death | null)[]
  /** What they take at most, in milliseconds: statements that write keys, and appends. */
  slow: { keysMs: number; appendsMs: number }
}

const weights = [
  ['write', 30],
  ['write in the group', 14],
  ['write on the own phone', 7],
  ['send', 16],
  ['send to the group', 8],
  ['write what arrives broken', 6],
  ['write what comes late', 4],
  ['change the sender key', 6],
  ['migrate', 3],
  ['install anew', 2],
  ['begin anew', 2],
  ['die', 5],
  ['be taken over', 4],
] as const
const total = weights.reduce((sum, [, weight]) => sum + weight, 0)

const maxDeaths = 8
/** About what twenty messages take. */
const most: Readonly<Record<Death['at'], number>> = { instant: 160, word: 25 }

export function planOf(seed: number, steps: number): Plan {
  const random = seeded(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  return {
    seed,
    deaths: Array.from({ length: maxDeaths }, () => {
      const at = random() < 0.5 ? 'instant' : 'word'
      return random() < 0.8 ? { at, nth: 1 + below(most[at]) } : null
    }),
    slow: { keysMs: random() < 0.4 ? 0 : below(200), appendsMs: random() < 0.6 ? 0 : below(100) },
    steps: Array.from({ length: steps }, () => ({
      what: whatAt(random() * total),
      person: below(1_000),
      device: below(1_000),
      count: 1 + below(4),
      waits: random() < 0.25,
    })),
  }
}

function whatAt(place: number): What {
  let left = place
  for (const [what, weight] of weights) {
    left -= weight
    if (left < 0) return what
  }
  return 'write'
}
