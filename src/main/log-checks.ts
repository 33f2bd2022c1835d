// What readiness says of the log besides whether its server answers.
import type { TopicDifference } from '../log/log.ts'
import type { Check } from '../runtime/role.ts'

/** Records may go sooner, or stand on fewer copies, than our settings promise: whoever runs the log has to know. */
export function checkTopics(differences: readonly TopicDifference[]): readonly Check[] {
  if (differences.length === 0) return []
  const told = differences.map(
    ({ topic, setting, declared, actual }) => `${topic}: ${setting} is ${actual}, declared ${declared}`,
  )
  return [{ name: 'topics', state: 'degraded', detail: told.join('; ') }]
}

/** A member that cannot speak to its coordinator has no partitions, or soon none: what is to be consumed waits, and nothing else says so. */
export function checkGroups(troubles: readonly string[]): readonly Check[] {
  const [first] = troubles
  if (first === undefined) return []
  const detail = troubles.length === 1 ? first : `${first}; so it is with ${troubles.length} groups`
  return [{ name: 'consumer groups', state: 'degraded', detail }]
}
