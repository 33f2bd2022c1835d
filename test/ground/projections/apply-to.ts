// What a projection makes of events, without what the runner does around it: no checkpoint, no copies, no tombstones.
import type { Transaction } from '../../../src/database/database.ts'
import { readTogether, writeTogether } from '../../../src/database/statement-parts.ts'
import type { Emission, Placed, Projection } from '../../../src/projections/projection.ts'

export async function applyTo(tx: Transaction, projection: Projection, placed: readonly Placed[]): Promise<readonly Emission[]> {
  const { reads, decide } = projection.gather(placed)
  const { writes, afterwards, emissions } = await decide(await readTogether(tx, reads), placed)
  await writeTogether(tx, writes)
  for (const { sql, values, isEmpty } of afterwards) if (!isEmpty) await tx.query(sql, values)
  return emissions
}
