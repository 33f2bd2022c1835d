// The lanes of one partition, side by side: a record, or who takes a turn, goes behind what its lane has, or begins one; a lane ends with the last of them.
import { createBell } from '../../runtime/bell.ts'
import { never, onAbort } from '../../runtime/or-abort.ts'
import type { InTurn, LogRecord, TopicPartition } from '../log.ts'
import { type Guest, type Lane, type LaneDeps, runLane } from './lane.ts'

export type LaneSet = {
  add(record: LogRecord): void
  inTurn: InTurn
  /** Resolves when no handler runs; never while new ones may start. */
  idle(): Promise<void>
}
type Told = Pick<Lane, 'starting' | 'ended' | 'finished' | 'halted'>

export function createLaneSet(deps: LaneDeps, { topic, partition }: TopicPartition, told: Told): LaneSet {
  const lanes = new Map<string, (LogRecord | Guest)[]>()
  const bell = createBell()
  let handlers = 0

  const laneOf = (name: string, waiting: (LogRecord | Guest)[]): Lane => ({
    ...told,
    name: `${topic}/${partition}/${name}`,
    waiting,
    begun: () => {
      handlers += 1
    },
    returned: () => {
      handlers -= 1
      bell.ring()
    },
    emptied: () => void lanes.delete(name),
  })

  function put(name: string, next: LogRecord | Guest): void {
    const lane = lanes.get(name)
    if (lane !== undefined) return void lane.push(next)
    const waiting = [next]
    lanes.set(name, waiting)
    void runLane(deps, laneOf(name, waiting))
  }

  return {
    add: record => put(deps.consumer.lane(record), record),
    inTurn: (record, work, signal) => {
      const turn = Promise.withResolvers<boolean>()
      const left = AbortSignal.any([told.starting, signal])
      const stopListening = onAbort(left, () => turn.resolve(false))
      put(deps.consumer.lane(record), {
        left,
        work: async ended => {
          if (left.aborted) return
          stopListening()
          await work(ended).then(() => turn.resolve(true), turn.reject)
        },
      })
      return turn.promise
    },
    idle: async () => void (await bell.until(() => handlers === 0, never)),
  }
}
