// What a projection does besides reading: what is due by the clock, and keys that an operator wants read again, or
// without the record that keeps them out.
import type { Database } from '../database/database.ts'
import type { OwnedPartition } from './partition.ts'
import type { Projection } from './projection.ts'
import { listQuarantined, type Quarantined } from './quarantine.ts'

type Due = { database: Database; projection: Projection; own: readonly OwnedPartition[] }

/** `nowAt`: epoch milliseconds. */
export async function tickDue({ database, projection, own }: Due, nowAt: number, signal: AbortSignal): Promise<void> {
  if (projection.tick === undefined) return
  const due = projection.due === undefined ? null : new Set(await projection.due(database, nowAt))
  for (const one of own) if (due === null || due.has(one.partition)) await one.tick(nowAt, signal)
}

/** One that fails holds no other: the first failure is thrown behind them all. */
export async function workOnRequests({ database, projection, own }: Due, signal: AbortSignal): Promise<void> {
  const holding = own.filter(one => one.quarantined().length > 0)
  if (holding.length === 0) return
  const listed = await listQuarantined(
    database,
    projection,
    holding.map(one => one.partition),
  )
  const failures: unknown[] = []
  for (const left of listed) {
    const holder = holding.find(one => one.partition === left.partition)
    await workOn(holder, left, signal).catch(error => failures.push(error))
    signal.throwIfAborted()
  }
  const keys = new Set(listed.map(one => one.key))
  // Rows that are gone went with their instance, or were resumed elsewhere.
  for (const one of holding) if (one.quarantined().some(({ key }) => !keys.has(key))) await one.reread(signal)
  if (failures.length > 0) throw failures[0]
}

async function workOn(
  holder: OwnedPartition | undefined,
  { key, resumeRequested, skipRequested }: Quarantined,
  signal: AbortSignal,
): Promise<void> {
  if (skipRequested) await holder?.skip(key, signal)
  else if (resumeRequested) await holder?.resume(key, signal)
}
