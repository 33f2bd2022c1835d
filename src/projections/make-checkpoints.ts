// The start step that lets a projection's version begin. A version that has run is left as it is; one that has not begins where it says.
// Where some rows are missing, or the rows of all partitions although there are traces, rows were lost: none is made, because reading again
// from 0 would repeat side effects; members halt and say so.
import type { Database, Transaction } from '../database/database.ts'
import { handOver } from './hand-over.ts'
import type { Projection } from './projection.ts'

/** As many as the log has, and which one is a key's: the log's own. */
export type Partitioning = { partitions: number; partitionOf(key: string): number }

/** Safe to be killed and done again, and to be done by two processes at once. */
export async function makeCheckpoints(
  database: Database,
  projection: Projection,
  partitioning: Partitioning,
  signal: AbortSignal,
): Promise<void> {
  if (projection.begins === 'where-the-version-before-ends') await handOver(database, projection, partitioning, signal)
  await makeFirst(database, projection, partitioning.partitions)
}

/** At offset 0, where nothing tells that it has run; a version that is handed over, where no version has. */
async function makeFirst(database: Transaction, { name, version, reads, begins }: Projection, partitions: number): Promise<void> {
  const offsets = JSON.stringify(Object.fromEntries(reads.map(topic => [topic, '0'])))
  const versions = begins === 'at-the-first-record' ? 'version = $2' : 'true'
  await database.query(
    `insert into projection_checkpoints (projection, version, partition, offsets)
     select $1, $2::integer, partition, $3::jsonb from generate_series(0, $4::integer - 1) partition
     where not exists (select from projection_checkpoints where projection = $1 and ${versions})
       and not exists (select from projection_seen where projection = $1 and ${versions})
       and not exists (select from projection_outbox where projection = $1 and ${versions})
     on conflict do nothing`,
    [name, version, offsets, partitions],
  )
}
