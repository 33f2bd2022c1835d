// What is known of zaplog by what it last told each of those who ask it. Pure.
import type { Failure } from './call-api.ts'

export type Reach = {
  /** By the last answer of anybody. */
  isAway: boolean
  /** Who asked and was told that it cannot be done now, and why; whoever was told first comes first. */
  unwell: readonly { asker: string; detail: string }[]
}

/** What somebody who asks was told; what an answer says is theirs. */
export type Told = Failure | { kind: 'answer' | 'listed' }

export const here: Reach = { isAway: false, unwell: [] }

/** Whoever was told that something works takes back no more than what it was told itself. What changes nothing answers the same value. */
export function afterOutcome(reach: Reach, asker: string, outcome: Told): Reach {
  if (outcome.kind === 'away') return withAway(reach, true)
  if (outcome.kind !== 'refused' || outcome.status < 500) return withAway(withoutAsker(reach, asker), false)
  return withAway(withRefusal(reach, { asker, detail: outcome.detail }), false)
}

/** It asks no more. */
export const withoutAsker = (reach: Reach, asker: string): Reach =>
  reach.unwell.some(one => one.asker === asker) ? { ...reach, unwell: reach.unwell.filter(one => one.asker !== asker) } : reach

const withAway = (reach: Reach, isAway: boolean): Reach => (reach.isAway === isAway ? reach : { ...reach, isAway })

function withRefusal(reach: Reach, told: { asker: string; detail: string }): Reach {
  const before = reach.unwell.find(({ asker }) => asker === told.asker)
  if (before === undefined) return { ...reach, unwell: [...reach.unwell, told] }
  return before.detail === told.detail ? reach : { ...reach, unwell: reach.unwell.map(one => (one === before ? told : one)) }
}
