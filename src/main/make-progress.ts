// The start step that lets consumers begin: progress rows and checkpoints of whoever has never run, made before any socket opens.
import { partitionOf } from '../log/append/partitioner.ts'
import { processors } from '../processors/all.ts'
import { all as allProjections } from '../projections/all.ts'
import { makeCheckpoints } from '../projections/make-checkpoints.ts'
import { makeTables } from '../projections/make-tables.ts'
import { intakeEntry } from '../webhooks/bridge/delivery-intake.ts'
import type { Ports } from './ports.ts'

/** Makes only what is missing, in a database that belongs to this log. Rejects OtherLog. */
export async function makeProgress(
  { database, progress, claimLog, topic, consumerGroup }: Ports,
  partitions: number,
  signal: AbortSignal,
): Promise<void> {
  await claimLog()
  for (const { name, reads } of [...processors, intakeEntry])
    await progress.make(consumerGroup(name), reads.map(topic), partitions)
  const partitioning = { partitions, partitionOf: (key: string) => partitionOf(key, partitions) }
  for (const projection of allProjections) {
    await makeTables(database, projection, signal)
    await makeCheckpoints(database, projection, partitioning, signal)
  }
}
