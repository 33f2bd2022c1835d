// Numbers that were given to events which are in no record, looked for again and again: a loss, said by readiness and by a metric within a minute.
import type { Database } from '../../database/database.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Check, Role } from '../../runtime/role.ts'
import { wait } from '../../runtime/wait.ts'
import { type Missing, readMissing } from './read-accounting.ts'

type Deps = { database: Database; logger: Logger; metrics: Metrics; everyMs?: number }

/** One found is said for 24 hours; the last ones of an epoch as long as they are missing. */
export function openGapWatch({ database, logger, metrics, everyMs = 20_000 }: Deps): Role {
  const stopping = new AbortController()
  let missing: readonly Missing[] = []
  let told: ReadonlySet<string> = new Set()
  const gauge = metrics.gauge('zaplog_sequence_gaps')

  async function look(): Promise<void> {
    try {
      missing = await readMissing(database, null)
    } catch (error) {
      // What was found stands; Postgres being away is said by its own check.
      if (!stopping.signal.aborted) logger.warn('accounting.not-read', { error: describeError(error) })
      return
    }
    gauge.set(missing.length)
    for (const { foundAt: _, ...gap } of missing.filter(one => !told.has(wordsOf(one)))) logger.warn('sequence.gap', gap)
    told = new Set(missing.map(wordsOf))
  }

  async function follow(): Promise<void> {
    do await look()
    while (await wait(everyMs, stopping.signal))
  }
  const following = follow()

  return {
    name: 'accounting',
    checks: () => [gapCheck(missing)],
    close: async () => {
      stopping.abort()
      await following
    },
  }
}

/** So many are named; a line of readiness is read by people. */
const maxNamed = 5

export function gapCheck(missing: readonly Pick<Missing, 'instanceId' | 'epoch' | 'firstSequence' | 'lastSequence'>[]): Check {
  if (missing.length === 0) return { name: 'accounting', state: 'ok', detail: '' }
  const named = missing.slice(0, maxNamed).map(wordsOf).join('; ')
  const more = missing.length > maxNamed ? `; and ${missing.length - maxNamed} more` : ''
  return {
    name: 'accounting',
    state: 'degraded',
    detail: `numbers were given to events that are not in the log: ${named}${more}`,
  }
}

const wordsOf = ({ instanceId, epoch, firstSequence, lastSequence }: Omit<Missing, 'foundAt'>): string =>
  firstSequence === lastSequence
    ? `${instanceId} epoch ${epoch} sequence ${firstSequence}`
    : `${instanceId} epoch ${epoch} sequences ${firstSequence} to ${lastSequence}`
