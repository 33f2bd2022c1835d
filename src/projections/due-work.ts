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

/**
 * Rows are looked at, whoever wrote them: a swap brings some, and takes some with it. One that fails holds no other: the first failure is thrown
 * behind them all.
 */
export async function workOnRequests({ database, projection, own }: Due, signal: AbortSignal): Promise<void> {
  if (own.length === 0) return
  const listed = await listQuarantined(
    database,
    projection,
    own.map(one => one.partition),
  )
  for (const one of own) if (!knows(one, listed)) await one.reread(signal)
  const failures: unknown[] = []
  for (const left of listed) {
    const holder = own.find(one => one.partition === left.partition)
    await workOn(holder, left, signal).catch(error => failures.push(error))
    signal.throwIfAborted()
  }
  if (failures.length > 0) throw failures[0]
}

/** What it leaves out is what the rows say. */
function knows(one: OwnedPartition, listed: readonly Quarantined[]): boolean {
  const named = ({ key, topic, offset }: Quarantined) => `${key} ${topic} ${offset}`
  const rows = new Set(listed.filter(({ partition }) => partition === one.partition).map(named))
  const known = one.quarantined().map(named)
  return known.length === rows.size && known.every(name => rows.has(name))
}

async function workOn(
  holder: OwnedPartition | undefined,
  { key, resumeRequested, skipRequested }: Quarantined,
  signal: AbortSignal,
): Promise<void> {
  if (skipRequested) await holder?.skip(key, signal)
  else if (resumeRequested) await holder?.resume(key, signal)
}
