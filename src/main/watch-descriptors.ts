// Readiness says in numbers when the process may open too few files for the instances it is to connect, or has nearly all of them open:
// the next socket of WhatsApp would fail, and nothing else would tell.
import type { Database } from '../database/database.ts'
import { countRunning } from '../instances/instance-ids.ts'
import { descriptorLimit, openDescriptors } from '../runtime/descriptors.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'
import { spread, wait } from '../runtime/wait.ts'

export type DescriptorsWatch = { checks(): readonly Check[]; close(): Promise<void> }
type Deps = {
  /** null: this process connects no instances. */
  database: Pick<Database, 'query'> | null
  maxConnections: number
  metrics: Metrics
  limit?: () => number | null
  open?: () => number | null
}

const EVERY_MS = 10_000
const JITTER = 0.2
/** Of a process without instances and clients: on embedded parts 40, the rest for files and webhooks that are on their way. */
const OWN = 96
/** Above it the next sockets may not open. */
const NEARLY_ALL = 0.9

export function watchDescriptors(deps: Deps): DescriptorsWatch {
  const { limit: readLimit = descriptorLimit, open: readOpen = openDescriptors, metrics, maxConnections } = deps
  const limit = readLimit()
  const stop = new AbortController()
  let instances = 0
  metrics.gauge('zaplog_open_descriptors', gauge => gauge.set(readOpen() ?? 0))
  if (limit !== null) metrics.gauge('zaplog_max_descriptors').set(limit)

  async function run(database: Pick<Database, 'query'>) {
    do instances = await countRunning(database).catch(() => instances)
    while (await wait(spread(EVERY_MS, JITTER, Math.random()), stop.signal)) // Postgres away is said by the check of its own
  }
  if (limit !== null && deps.database !== null) void run(deps.database)

  return {
    checks: () => (limit === null ? [] : [judgeDescriptors({ limit, open: readOpen(), instances, maxConnections })]),
    close: async () => stop.abort(),
  }
}

type Found = { limit: number; open: number | null; instances: number; maxConnections: number }

/** Pure. */
export function judgeDescriptors({ limit, open, instances, maxConnections }: Found): Check {
  const name = 'descriptors'
  const mend = 'raise the limit of open files (ulimit -n, LimitNOFILE, ulimits: nofile)'
  if (open !== null && open >= limit * NEARLY_ALL)
    return { name, state: 'degraded', detail: `${open} of ${limit} files and sockets are open, the next may fail: ${mend}` }
  const needed = OWN + instances + maxConnections
  if (needed > limit)
    return {
      name,
      state: 'degraded',
      detail:
        `${instances} instances, ${maxConnections} connections of clients and about ${OWN} files need ${needed}, ` +
        `the process may open ${limit}: ${mend}, or lower HTTP_MAX_CONNECTIONS`,
    }
  return { name, state: 'ok', detail: `${open ?? 'some'} of ${limit} files and sockets are open` }
}
