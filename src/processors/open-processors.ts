// The processors of one process, each as all.ts has it.
import type { ProgressStore } from '../log/log.ts'
import type { Role } from '../runtime/role.ts'
import { processors, timers } from './all.ts'
import type { Needs } from './processor.ts'
import type { LaneConsumerDeps } from './runner/lane-consumer.ts'
import { runProcessor } from './runner/run-processor.ts'
import { runTimer } from './runner/run-timer.ts'
import { createTombstones } from './runner/tombstones.ts'

export type ProcessorsDeps = Needs &
  Pick<LaneConsumerDeps, 'consumerGroup'> & {
    progress: ProgressStore
    /** How long a dependency that is down is left alone before it is tried again [5 s]. */
    pauseMs?: number
  }

/** Progress rows of every processor must exist: see `consumerGroup`, and `processors` of all.ts. */
export function openProcessors({ pauseMs = 5_000, ...needs }: ProcessorsDeps): Role {
  const deps = { ...needs, pauseMs, tombstones: createTombstones(needs.database) }
  const running = [
    ...processors.map(entry => runProcessor(deps, entry.open(needs))),
    ...timers.map(entry => runTimer(needs, entry.open(needs))),
  ]
  return {
    name: 'processors',
    checks: () => running.flatMap(one => one.checks()),
    close: async () => {
      await Promise.all(running.map(one => one.close()))
    },
  }
}
