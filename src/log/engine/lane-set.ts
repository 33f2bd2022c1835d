// The lanes of one partition, side by side: a record goes behind those of its lane, or begins one; a lane ends with its last record.
import { createBell } from '../../runtime/bell.ts'
import { never } from '../../runtime/or-abort.ts'
import type { LogRecord, TopicPartition } from '../log.ts'
import { type Lane, type LaneDeps, runLane } from './lane.ts'

export type LaneSet = {
  add(record: LogRecord): void
  /** Resolves when no handler runs; never while new ones may start. */
  idle(): Promise<void>
}
type Told = Pick<Lane, 'starting' | 'ended' | 'finished' | 'halted'>

export function createLaneSet(deps: LaneDeps, { topic, partition }: TopicPartition, told: Told): LaneSet {
  const lanes = new Map<string, LogRecord[]>()
  const bell = createBell()
  let handlers = 0

  const laneOf = (name: string, records: LogRecord[]): Lane => ({
    ...told,
    name: `${topic}/${partition}/${name}`,
    records,
    begun: () => {
      handlers += 1
    },
    returned: () => {
      handlers -= 1
      bell.ring()
    },
    emptied: () => void lanes.delete(name),
  })

  return {
    add: record => {
      const name = deps.consumer.lane(record)
      const lane = lanes.get(name)
      if (lane !== undefined) return void lane.push(record)
      const records = [record]
      lanes.set(name, records)
      void runLane(deps, laneOf(name, records))
    },
    idle: async () => void (await bell.until(() => handlers === 0, never)),
  }
}
