// Which instances are purged, for whoever writes for an instance: asked in the transaction, or in the statement, that writes. A purge erases
// only after all those are over that may have asked before it (steps.ts, settle), so that nothing of it comes back.
// The one file of this folder that every folder may import; the table is written by request-purge.ts and purge-rows.ts alone.
import type { Transaction } from '../database/database.ts'
import { asRows, type Read } from '../database/statement-parts.ts'

/** Those of them that are purged, from the moment that it was asked for. They may be what any record says. */
export async function purgedAmong(tx: Transaction, instanceIds: readonly string[]): Promise<ReadonlySet<string>> {
  const asked = askable(instanceIds)
  if (asked.length === 0) return new Set()
  const rows = await tx.query<{ instance_id: string }>('select instance_id from purges where instance_id = any($1::text[])', [
    asked,
  ])
  return new Set(rows.map(row => row.instance_id))
}

/** The same, among what else a statement reads. */
export const readPurged = (instanceIds: Iterable<string>): Read<{ instance_id: string }> => ({
  sql: 'select instance_id from purges where instance_id = any(array(select g.instance_id from json_to_recordset($1::json) as g(instance_id text)))',
  values: [asRows(askable(instanceIds).map(instance_id => ({ instance_id })))],
})

/** What Postgres has no text for is nobody's id. */
const askable = (instanceIds: Iterable<string>): readonly string[] =>
  [...new Set(instanceIds)].filter(id => !id.includes('\0') && id.isWellFormed())

/** A condition, for `where`; `instanceId` is SQL. */
export const isPurged = (instanceId: string): string => `exists (select from purges where purges.instance_id = ${instanceId})`

/** Purged, and given up by its owner: nobody owns it again. */
export const isErased = (instanceId: string): string =>
  `exists (select from purges where purges.instance_id = ${instanceId} and purges.step <> 'account')`

/** One that was asked for and is not done. */
export async function isAnyUnderWay(tx: Transaction): Promise<boolean> {
  return (await tx.query('select from purges where done_at is null limit 1')).length > 0
}

/** Of one who erases rows, and of one who gives tables that they are in other names: never both at once. */
const erasing = `hashtextextended('zaplog erasing', 0)`

/** For a purge, before it names a table: no table gets another name until the transaction ends. Waits for whoever is about to do that. */
export async function holdTables(tx: Transaction): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock_shared(${erasing})`)
}

/** true: no purge erases until the transaction ends; one that begins meanwhile waits. false: one erases now. */
export async function holdOffErasing(tx: Transaction): Promise<boolean> {
  const [row] = await tx.query<{ held: boolean }>(`select pg_try_advisory_xact_lock(${erasing}) as held`)
  return row?.held === true
}
