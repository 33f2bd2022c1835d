// Projections of one member that read the same records take them together: whoever is handed a batch first takes the step of all of them, in
// one transaction, and the others find it done when the batch comes to them. Nobody is waited for: who is somewhere else, failed last, leaves
// a key out, owes the log something or is at work goes by itself, and is taken along again once it is at the same place. What fails together
// is taken by each alone, and by nobody together again before each has succeeded alone and some time has gone by (parting.ts).
import type { TopicName } from '../events/topics.ts'
import { type BatchStepDeps, createBatchSteps, MAX_CONCURRENT } from './batch-steps.ts'
import type { Exclusive } from './exclusive.ts'
import type { TakeBatch } from './joint-steps.ts'
import type { Ownership } from './ownership.ts'
import { isApart, isOver, type Parting, parted, succeeded } from './parting.ts'
import { goesOn } from './partition-state.ts'
import { createPlaces } from './places.ts'
import { titleOf } from './projection.ts'
import type { Running } from './step.ts'

/** A partition of a projection. */
export type Fellow = {
  running: Running
  own: Ownership
  exclusive: Exclusive
  /** It is this member's, and not halted. */
  isAssigned(): boolean
  /** Pays the log in its turn and for as long as it is assigned what a step taken by another left it to owe; nobody waits for that. */
  payOwed(): void
}
export type Fellows = {
  join(one: Fellow): void
  /** Those who can take the batch that begins there together with this one. */
  of(one: Fellow, topic: TopicName, fromOffset: bigint): readonly Fellow[]
  /** Shared by all partitions of these projections. */
  takeBatch(running: readonly Running[]): TakeBatch
  /** false: they are known to, and parted again. */
  failedTogether(running: readonly Running[]): boolean
  succeededAlone(running: Running): void
}

/** `nowMs`: performance.now. */
type Deps = BatchStepDeps & { nowMs?: () => number }

export function createFellows(deps: Deps): Fellows {
  const { nowMs = () => performance.now() } = deps
  const all = new Map<number, Fellow[]>()
  const takes = new Map<string, TakeBatch>()
  const partings = new Map<string, Parting>()
  const places = createPlaces()
  const isParted = ({ running }: Fellow) => isApart(partings.get(nameOf(running)), nowMs())
  const taken = ({ running }: Fellow) => places.taken([nameOf(running)])
  /** Or whoever leads would have to wait for one as well. */
  const hasPlace = (other: Fellow, leader: Fellow) => taken(other) < MAX_CONCURRENT || taken(other) <= taken(leader)
  return {
    join: one => {
      all.set(one.own.partition, [...(all.get(one.own.partition) ?? []), one])
    },
    of: (one, topic, fromOffset) => {
      if (isParted(one)) return []
      const others = (all.get(one.own.partition) ?? []).filter(other => other !== one && !isParted(other) && isFree(other))
      return others.filter(other => isThere(other, topic, fromOffset) && hasPlace(other, one))
    },
    takeBatch: running => {
      const key = running.map(nameOf).join(' and ')
      const take = takes.get(key) ?? createBatchSteps({ ...deps, places }, running)
      takes.set(key, take)
      return take
    },
    failedTogether: running => {
      const names = running.map(nameOf)
      const isNew = names.some(name => isNewParting(partings.get(name), nowMs()))
      for (const name of names) partings.set(name, parted(partings.get(name), nowMs()))
      return isNew
    },
    succeededAlone: running => {
      const parting = partings.get(nameOf(running))
      if (parting !== undefined) partings.set(nameOf(running), succeeded(parting, nowMs()))
    },
  }
}

const isNewParting = (before: Parting | undefined, nowAt: number): boolean => before === undefined || isOver(before, nowAt)
const nameOf = ({ projection }: Running): string => titleOf(projection)
const isFree = ({ exclusive, isAssigned }: Fellow): boolean => exclusive.isFree() && isAssigned()
const isThere = ({ running, own }: Fellow, topic: TopicName, fromOffset: bigint): boolean =>
  running.projection.reads.includes(topic) && goesOn(own.state()) && own.state().offsets.get(topic) === fromOffset
