// What a member does for one partition number while it is assigned, over all topics of its consumer. Engines make it, adapters end it.
import type { InTurn, PartitionStatus, TopicPartition } from '../log.ts'

export type Assignment = {
  status(): readonly PartitionStatus[]
  /** Of the log's port. What has no lanes has no turns. */
  inTurn: InTurn
  /** Gives the partition back: intake stops, running work may finish within the time given, progress is saved, then as `end`. */
  stop(withinMs: number): Promise<void>
  /** The partition is somebody else's: signals abort, what completes later is discarded. Idempotent. */
  end(): void
  /** Aborts with the assignment, also where the engine itself found out that it is over. */
  ended: AbortSignal
}

/** `partitions`: the partition of this number of every topic that has one. */
export type StartAssignment = (partitions: readonly TopicPartition[]) => Assignment
