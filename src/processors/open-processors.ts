// The processors of one process, each as all.ts has it.
import type { InTurn, LaneConsumer, ProgressStore } from '../log/log.ts'
import { liveLateness } from '../runtime/lateness.ts'
import { loopLoad } from '../runtime/loop-load.ts'
import { createPace, type Pace } from '../runtime/pace.ts'
import type { Role } from '../runtime/role.ts'
import { processors, timers } from './all.ts'
import { historyTurns } from './in-turn.ts'
import type { Needs } from './processor.ts'
import type { LaneConsumerDeps } from './runner/lane-consumer.ts'
import { runProcessor } from './runner/run-processor.ts'
import { runTimer } from './runner/run-timer.ts'
import { createTombstones } from './runner/tombstones.ts'
import { watchLag } from './runner/watch-lag.ts'
import { openUploads, type UploadsDeps } from './uploads/open-uploads.ts'

export type ProcessorsDeps = Omit<Needs, 'pace' | 'historyTurns'> &
  Pick<LaneConsumerDeps, 'consumerGroup'> &
  Pick<UploadsDeps, 'isAlone'> & {
    progress: ProgressStore
    /** How long a dependency that is down is left alone before it is tried again [5 s]. */
    pauseMs?: number
  }

/** What history has of its pace however late others are: it ends. */
const LEAST_SHARE = 0.1

/** By their consumer groups, for records that are given to one of them again. */
export type Takers = ReadonlyMap<string, Pick<LaneConsumer, 'maxAttempts' | 'handle'> & { inTurn: InTurn }>

/** Progress rows of every processor must exist: see `consumerGroup`, and `processors` of all.ts. */
export function openProcessors({ pauseMs = 5_000, ...given }: ProcessorsDeps): Role & { takers: Takers } {
  const needs = {
    ...given,
    historyTurns: historyTurns(),
    pace: historyPace(given.config),
  }
  const deps = { ...needs, pauseMs, tombstones: createTombstones(needs.database) }
  const stop = new AbortController()
  const readers = processors.map(entry => runProcessor(deps, entry.open(needs)))
  const running = [...readers, ...timers.map(entry => runTimer(needs, entry.open(needs))), openUploads(needs)]
  const lag = watchLag(needs, readers, stop.signal)
  return {
    name: 'processors',
    takers: new Map(readers.map(({ consumer, inTurn }) => [consumer.consumerGroup, { ...consumer, inTurn }])),
    checks: () => running.flatMap(one => one.checks()),
    close: async () => {
      stop.abort()
      await Promise.all([lag, ...running.map(one => one.close())])
    },
  }
}

const historyPace = ({ historyPerSecond: most }: ProcessorsDeps['config']): Pace =>
  createPace({
    bounds: { least: most * LEAST_SHARE, most },
    signs: () => ({ load: loopLoad(), lateMs: liveLateness.worstMs() }),
    monotonic: () => performance.now(),
  })
