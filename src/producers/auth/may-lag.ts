// Which keys may become durable after the receipt of the message that brought them. What is not named here is durable before it. Pure.
//
// A step along a chain may lag: whoever is at an earlier one derives it again from the message that comes next, or comes again. The session that
// a first message makes may lag with the pre-key that it took, in one statement: until we have answered, every message of that peer brings what
// the session is made of. The memory of the stanza part goes with its step.
import { appendedPartsType } from '../gate/appended-stanza-parts.ts'
import type { KeyName } from './auth-tables.ts'
import { haveSameChains, nowhere, type Reach, reachOf, stepsBetween } from './ratchet-reach.ts'

/** One key of a unit. `value`: as Baileys set it. `from`: how far the ratchet was; null: there is none, or nobody knows. */
export type Change = KeyName & { value: unknown; isAbsent: boolean; from: Reach | null }
/** Of a ratchet: from where to where. */
export type Step = { from: Reach; to: Reach }

/** libsignal skips at most 2,000 messages of a chain and opens none beyond; what is left is for messages that are lost on their way. */
const maxStepsAhead = 500

/** What of a unit lags, key by key. */
export function laggingOf(unit: readonly Change[]): readonly (Step | 'lags' | 'waits')[] {
  const makesSession = unit.some(({ type, value }) => type === 'session' && value !== null)
  const takesPreKey = unit.some(({ type, value }) => type === 'pre-key' && value === null)
  return unit.map(({ type, value, isAbsent, from: known }) => {
    if (type === appendedPartsType) return 'lags'
    if (type === 'pre-key') return value === null && makesSession ? 'lags' : 'waits'
    const to = reachOf(type, value)
    const from = isAbsent && type === 'session' && takesPreKey ? nowhere : known
    if (to === null || from === null) return 'waits'
    // Another state than those there were came with a distribution.
    return type === 'sender-key' && !haveSameChains(from, to) ? 'waits' : { from, to }
  })
}

/**
 * `row`: how far the durable row is; null: where this step begins. A step that skips messages right from the row may be the first after a crash,
 * and what the next crash loses would add to it: it is durable before its receipt.
 */
export const isTooFar = ({ from, to }: Step, row: Reach | null): boolean =>
  row === null ? stepsBetween(from, to) > 1 : stepsBetween(row, to) > maxStepsAhead
