// What readiness says of accounts: those that cannot go on, by name and with the reason, and what of theirs is not in the log.
import type { Check } from '../../runtime/role.ts'

/** So many are named; a line of readiness is read by people. */
const maxNamed = 5

/** `troubles`: why, by instance. */
export function accountsCheck(troubles: ReadonlyMap<string, string>): Check {
  if (troubles.size === 0) return { name: 'accounts', state: 'ok', detail: '' }
  return {
    name: 'accounts',
    state: 'degraded',
    detail: `cannot go on: ${listed([...troubles].map(([id, why]) => `${id}: ${why}`))}`,
  }
}

/** `counts`: how many stanzas the log refused for good, by instance. */
export function keptCheck(counts: ReadonlyMap<string, number>): Check {
  if (counts.size === 0) return { name: 'kept stanzas', state: 'ok', detail: '' }
  const detail = `the log refused for good: ${listed([...counts].map(([id, count]) => `${count} of ${id}`))} (table kept_stanzas)`
  return { name: 'kept stanzas', state: 'degraded', detail }
}

const listed = (all: readonly string[]): string =>
  all.slice(0, maxNamed).join('; ') + (all.length > maxNamed ? `; and ${all.length - maxNamed} more` : '')
