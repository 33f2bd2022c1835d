// Erases an instance's objects, found in three ways, because none of them knows all: by the rows of what was put under incoming/, by listing
// where new ones go (what was put and never told of), and by the log (erase-told.ts).
// Each deletes before it says so: a kill in between deletes again what is gone.
import type { Database } from '../database/database.ts'
import { ObjectError, type ObjectStore } from '../objects/objects.ts'
import type { Logger } from '../runtime/logger.ts'
import { objectRows } from './erasures.ts'
import { isNameOf, isRawName, prefixesOf, RAW_PREFIX } from './object-shapes.ts'
import { advance, type Progress, type Purge } from './purge-rows.ts'

export type ObjectDeps = { database: Database; objects: ObjectStore; logger: Logger }
/** Called between two batches, with the purge as it is now. Resolves when it is our turn again; false: told to stop. */
export type Pause = (now: Purge) => Promise<boolean>
/** The purge as it is now; null: somebody else went on with it, or we are to stop. */
type Done = Promise<Purge | null>
/** `next`: once nothing is left. */
type Of = { next: Progress; pause: Pause }

const BATCH = 500
export const OBJECTS = 'objects'

/** One batch; the rows go after their objects. */
export async function eraseIncoming(deps: ObjectDeps, purge: Purge, { next }: Of, signal: AbortSignal): Done {
  const rows = await deps.database.query<{ key: string }>(`select key from ${objectRows} where instance_id = $1 limit $2`, [
    purge.instanceId,
    BATCH,
  ])
  const keys = rows.map(row => row.key)
  if (keys.length > 0) await deps.objects.delete(keys, signal)
  return deps.database.transact(async tx => {
    await tx.query(`delete from ${objectRows} where instance_id = $1 and key = any($2::text[])`, [purge.instanceId, keys])
    const erased = { what: OBJECTS, count: keys.length }
    return advance(tx, purge, keys.length < BATCH ? { ...next, erased } : { erased })
  }, signal)
}

/** All that is listed, to the end: what is deleted is not found a second time. */
export async function eraseListed(deps: ObjectDeps, purge: Purge, { next, pause }: Of, signal: AbortSignal): Done {
  let mine: Purge | null = purge
  for await (const keys of inBatches(listed(deps, purge.instanceId, signal))) {
    await deps.objects.delete(keys, signal)
    mine = await advance(deps.database, mine, { erased: { what: OBJECTS, count: keys.length } })
    if (mine === null || !(await pause(mine))) return null
  }
  return advance(deps.database, mine, next)
}

/** Raw bytes do not say whose they are by their key: where the store keeps metadata, those do, else only the log does. */
async function* listed({ objects }: ObjectDeps, instanceId: string, signal: AbortSignal): AsyncGenerator<string> {
  const own = objects.newKey('')
  for (const prefix of prefixesOf(instanceId))
    for await (const { key } of objects.list(`${own}${prefix}`, signal))
      if (isNameOf(instanceId, key.slice(own.length))) yield key
  for await (const { key } of objects.list(`${own}${RAW_PREFIX}`, signal)) {
    if (!isRawName(key.slice(own.length))) continue
    const head = await objects.head(key, signal)
    if (head?.metadata.instance_id === instanceId) yield key
  }
}

/** What uploads that never ended left in the store; a file that is under way meanwhile fails, and finds its tombstone when it is tried again. */
export async function eraseUploads(deps: ObjectDeps, purge: Purge, { next }: Of, signal: AbortSignal): Done {
  const own = deps.objects.newKey('')
  const isMeant = (key: string) => isNameOf(purge.instanceId, key.slice(own.length))
  let count = 0
  try {
    for (const prefix of prefixesOf(purge.instanceId))
      count += await deps.objects.abandon({ prefix: `${own}${prefix}`, isMeant }, signal)
  } catch (error) {
    // Not to be mended by waiting: a bucket that does not let us look at them, or does not know of any.
    if (!(error instanceof ObjectError) || error.retryable || error.code === 'aborted') throw error
    deps.logger.warn('purge.uploads-left', { instanceId: purge.instanceId, error })
  }
  return advance(deps.database, purge, { ...next, erased: { what: 'uploads', count } })
}

async function* inBatches(keys: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let batch: string[] = []
  for await (const key of keys) {
    batch.push(key)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
