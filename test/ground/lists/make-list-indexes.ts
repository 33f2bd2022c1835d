// The indexes that a process makes beside its work, made at once.
import { makeIndexes } from '../../../src/database/make-indexes.ts'
import { openSession } from '../../../src/database/session.ts'
import { commandIndexes } from '../../../src/instances/commands-shown.ts'
import { readModelIndexes } from '../../../src/projections/read-model/indexes.ts'
import { deliveryIndexes } from '../../../src/webhooks/deliveries/deliveries.ts'
import type { TestDatabase } from '../database.ts'
import { collectLogLines } from '../log-lines.ts'
import { never } from '../projection-dsl.ts'

export async function makeListIndexes({ database, url }: TestDatabase): Promise<void> {
  const open = (signal: AbortSignal) => openSession({ url, applicationName: 'indexes' }, signal)
  await makeIndexes(
    { database, openSession: open, logger: collectLogLines() },
    [...readModelIndexes, ...deliveryIndexes, ...commandIndexes],
    never,
  )
}
