// Projections of one member that read the same records take them together: whoever is handed a batch first takes the step of all of them, in
// one transaction, and the others find it done when the batch comes to them. Nobody is waited for: who is somewhere else, failed last, leaves
// a key out, owes the log something or is at work goes by itself, and is taken along again once it is at the same place. What fails together
// is taken by each alone, and by nobody together again before each has succeeded alone.
import type { TopicName } from '../events/topics.ts'
import { type BatchStepDeps, createBatchSteps } from './batch-steps.ts'
import type { Exclusive } from './exclusive.ts'
import type { TakeBatch } from './joint-steps.ts'
import type { Ownership } from './ownership.ts'
import { goesOn } from './partition-state.ts'
import { titleOf } from './projection.ts'
import type { Running } from './step.ts'

/** A partition of a projection. */
export type Fellow = {
  running: Running
  own: Ownership
  exclusive: Exclusive
  /** It is this member's, and not halted. */
  isAssigned(): boolean
}
export type Fellows = {
  join(one: Fellow): void
  /** Those who can take the batch that begins there together with this one. */
  of(one: Fellow, topic: TopicName, fromOffset: bigint): readonly Fellow[]
  /** Shared by all partitions of these projections. */
  takeBatch(running: readonly Running[]): TakeBatch
  failedTogether(running: readonly Running[]): void
  succeededAlone(running: Running): void
}

export function createFellows(deps: BatchStepDeps): Fellows {
  const all = new Map<number, Fellow[]>()
  const takes = new Map<string, TakeBatch>()
  const parted = new Set<string>()
  const isParted = ({ running }: Fellow) => parted.has(nameOf(running))
  return {
    join: one => {
      all.set(one.own.partition, [...(all.get(one.own.partition) ?? []), one])
    },
    of: (one, topic, fromOffset) =>
      isParted(one)
        ? []
        : (all.get(one.own.partition) ?? []).filter(
            other => other !== one && !isParted(other) && isFree(other) && isThere(other, topic, fromOffset),
          ),
    takeBatch: running => {
      const key = running.map(nameOf).join(' and ')
      const take = takes.get(key) ?? createBatchSteps(deps, running)
      takes.set(key, take)
      return take
    },
    failedTogether: running => {
      for (const one of running) parted.add(nameOf(one))
    },
    succeededAlone: running => {
      parted.delete(nameOf(running))
    },
  }
}

const nameOf = ({ projection }: Running): string => titleOf(projection)
const isFree = ({ exclusive, isAssigned }: Fellow): boolean => exclusive.isFree() && isAssigned()
const isThere = ({ running, own }: Fellow, topic: TopicName, fromOffset: bigint): boolean =>
  running.projection.reads.includes(topic) && goesOn(own.state()) && own.state().offsets.get(topic) === fromOffset
