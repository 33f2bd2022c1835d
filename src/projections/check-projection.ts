// How a projection is, in words an operator can act on; equal reasons are said once, however many partitions have them.
import type { PartitionStatus } from '../log/log.ts'
import type { Check } from '../runtime/role.ts'
import type { Quarantined } from './quarantine.ts'

type Of = {
  status: readonly PartitionStatus[]
  /** What stands still without saying why: only a restart may help. */
  stuck: string | null
  troubles: readonly string[]
  quarantined: readonly Quarantined[]
}

/** Pure. */
export function checkProjection(projection: string, { status, stuck, troubles, quarantined }: Of): Check {
  const name = `projection ${projection}`
  if (stuck !== null) return { name, state: 'failed', detail: stuck }
  const problems = [...describeStopped(status), ...troubles, ...quarantined.map(describeQuarantined)]
  if (problems.length > 0) return { name, state: 'degraded', detail: problems.join('; ') }
  return { name, state: 'ok', detail: `${new Set(status.map(one => one.partition)).size} partitions` }
}

function describeStopped(status: readonly PartitionStatus[]): readonly string[] {
  const stopped = Map.groupBy(
    status.filter(one => one.state !== 'running'),
    one => `${one.state}: ${one.reason}`,
  )
  return [...stopped].map(([why, partitions]) => {
    const [first] = partitions
    const others = partitions.length === 1 ? '' : ` and ${partitions.length - 1} more`
    return `${first?.topic}/${first?.partition}${others} ${why}`
  })
}

const describeQuarantined = (left: Quarantined): string =>
  `instance ${left.key} is left out since ${left.topic} offset ${left.offset}: ${left.message}`
