// The start step that lets consumers begin: progress rows and checkpoints of whoever has never run, made before any socket opens.
import { processors } from '../processors/all.ts'
import { makeCheckpoints } from '../projections/checkpoints.ts'
import { projectionsOf } from '../projections/open-projections.ts'
import { topicsOf as topicsOfBridge } from '../webhooks/bridge/open-webhooks.ts'
import { webhookStream } from '../webhooks/stream/webhook-stream.ts'
import type { Ports } from './ports.ts'

/** Makes only what is missing, in a database that belongs to this log. Rejects OtherLog. */
export async function makeProgress(
  { database, progress, claimLog, topic, consumerGroup }: Ports,
  partitions: number,
): Promise<void> {
  await claimLog()
  for (const { name, reads } of processors) await progress.make(consumerGroup(name), reads.map(topic), partitions)
  await progress.make(consumerGroup('webhooks'), topicsOfBridge.webhooks.map(topic), partitions)
  for (const projection of projectionsOf([webhookStream])) await makeCheckpoints(database, projection, partitions)
}
