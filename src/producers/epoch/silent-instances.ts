// Instances that are open and hear nothing, not even the answers to Baileys' keep-alive: their link is dead, and nothing has cut it.
import type { Check } from '../../runtime/role.ts'
import type { Tally } from './tally.ts'

type Of = { tallies: readonly Tally[]; states: ReadonlyMap<string, string>; nowAt: number; silentAfterMs: number }

/** instance id -> since when, epoch milliseconds. Pure. */
export function silentAmong({ tallies, states, nowAt, silentAfterMs }: Of): ReadonlyMap<string, number> {
  const open = tallies.filter(({ instanceId }) => states.get(instanceId) === 'open')
  const since = open.map(tally => [tally.instanceId, tally.counts().lastStanzaAt ?? tally.beganAt] as const)
  return new Map(since.filter(([, at]) => nowAt - at >= silentAfterMs))
}

/** So many are named; a line of readiness is read by people. */
const maxNamed = 5

export function silentCheck(silent: ReadonlyMap<string, number>): Check {
  if (silent.size === 0) return { name: 'silent instances', state: 'ok', detail: '' }
  const named = [...silent].slice(0, maxNamed).map(([id, at]) => `${id} since ${new Date(at).toISOString()}`)
  const more = silent.size > maxNamed ? `; and ${silent.size - maxNamed} more` : ''
  return {
    name: 'silent instances',
    state: 'degraded',
    detail: `open, and nothing is heard from WhatsApp: ${named.join('; ')}${more}`,
  }
}
