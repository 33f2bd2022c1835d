// The partitions of a projection that this member was ever given: each is opened once, taken over with each assignment, and one whose
// checkpoint is lost is left out and said.
import type { Database } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { PartitionStatus, Position, TopicPartition } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { MissingCheckpoint, takeCheckpoints } from './checkpoints.ts'
import type { OwnedPartition } from './partition.ts'
import { type Projection, titleOf } from './projection.ts'

export type OwnedPartitions = {
  of(partition: number): OwnedPartition
  /** Where to read on; a partition without a checkpoint is left out, and its topics halt. */
  takeOver(assigned: readonly TopicPartition[], signal: AbortSignal): Promise<readonly Position[]>
  /** Those that are ours now and not halted. */
  running(status: readonly PartitionStatus[]): readonly OwnedPartition[]
  positions(status: readonly PartitionStatus[]): readonly Position[]
  /** Why those of `status` have no checkpoint that have none. */
  missing(status: readonly PartitionStatus[]): readonly string[]
  /** Nobody works on any of them: what began before is done. */
  idle(): Promise<void>
}
type Deps = { database: Database; topic(name: TopicName): string; logger: Logger; open(partition: number): OwnedPartition }

export function createOwnedPartitions(deps: Deps, projection: Projection): OwnedPartitions {
  const partitions = new Map<number, OwnedPartition>()
  const missing = new Map<number, string>()

  function of(partition: number): OwnedPartition {
    const owned = partitions.get(partition) ?? deps.open(partition)
    partitions.set(partition, owned)
    return owned
  }

  function noteMissing(partition: number): void {
    const reason = new MissingCheckpoint(projection, partition).message
    if (!missing.has(partition))
      deps.logger.warn('projection.checkpoint-missing', { projection: titleOf(projection), partition, reason })
    missing.set(partition, reason)
  }

  async function takeOver(assigned: readonly TopicPartition[], signal: AbortSignal): Promise<readonly Position[]> {
    const numbers = [...new Set(assigned.map(one => one.partition))]
    const checkpoints = await takeCheckpoints(deps.database, projection, numbers, signal)
    for (const checkpoint of checkpoints) await of(checkpoint.partition).take(checkpoint, signal)
    const found = new Set(checkpoints.map(one => one.partition))
    for (const number of numbers)
      if (found.has(number)) missing.delete(number)
      else noteMissing(number)
    return assigned.flatMap(({ topic, partition }) => {
      const name = projection.reads.find(one => deps.topic(one) === topic) ?? topic
      const nextOffset = partitions.get(partition)?.offsets().get(name)
      return nextOffset === undefined ? [] : [{ topic, partition, nextOffset }]
    })
  }

  function running(status: readonly PartitionStatus[]): readonly OwnedPartition[] {
    const numbers = new Set(status.flatMap(one => (one.state === 'halted' ? [] : [one.partition])))
    return [...partitions.values()].filter(one => numbers.has(one.partition))
  }

  return {
    of,
    takeOver,
    running,
    positions: status =>
      running(status).flatMap(({ partition, offsets }) =>
        projection.reads.flatMap(name => {
          const nextOffset = offsets().get(name)
          return nextOffset === undefined ? [] : [{ topic: deps.topic(name), partition, nextOffset }]
        }),
      ),
    missing: status => status.flatMap(({ partition }) => missing.get(partition) ?? []),
    idle: async () => void (await Promise.all([...partitions.values()].map(one => one.idle()))),
  }
}
