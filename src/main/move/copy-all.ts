// Every partition is copied, a few side by side, each in order.
import type { MovingPartition } from '../../log/postgres/move-out.ts'
import { type Copying, copyPartition } from './copy-partition.ts'
import type { Plan } from './plan.ts'
import { sideBySide } from './side-by-side.ts'

/** Rejects MoveRefused where there is something else in Kafka, and what the ports reject. */
export async function copyAll(copying: Copying, { topics }: Pick<Plan, 'topics'>, signal: AbortSignal): Promise<void> {
  const all = topics.flatMap(({ partitions, maxBatchBytes }) => partitions.map(partition => ({ partition, maxBatchBytes })))
  const of = all.reduce((sum, { partition }) => sum + recordsOf(partition), 0)
  const done = { records: 0, bytes: 0 }
  const count = (records: number, bytes: number) => {
    done.records += records
    done.bytes += bytes
    copying.told.progressed({ step: 'copy', done: done.records, of, bytes: done.bytes })
  }
  count(0, 0)
  await sideBySide(all, (one, stopping) => copyPartition(copying, { ...one, count }, stopping), signal)
}

/** What retention took is filled up and counts, as it takes its time. */
const recordsOf = ({ endOffset }: MovingPartition): number => Number(endOffset)
