// The start step of one projection, on as many partitions as the test has.
import type { Database } from '../../../src/database/database.ts'
import { partitionOf } from '../../../src/log/append/partitioner.ts'
import { makeCheckpoints as make } from '../../../src/projections/make-checkpoints.ts'
import type { Projection } from '../../../src/projections/projection.ts'

export const makeCheckpoints = (database: Database, projection: Projection, partitions: number): Promise<void> =>
  make(database, projection, { partitions, partitionOf: key => partitionOf(key, partitions) }, new AbortController().signal)
