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
/** Called between two batches, with the purge as it is now. Resolves when we may go on; false: told to stop. */
export type Pause = (now: Purge) => Promise<boolean>
/** The purge as it is now; null: somebody else went on with it, or we are to stop. */
type Done = Promise<Purge | null>
/** `next`: once nothing is left. */
type Of = { next: Progress; pause: Pause }

/** Keys deleted, or looked at, before others are let in. */
const BATCH = 500
export const OBJECTS = 'objects'

/** One batch; the rows go after their objects. */
export async function eraseIncoming(deps: ObjectDeps, purge: Purge, { next }: Of, signal: AbortSignal): Done {
  const keys = await objectRows.keysOf(deps.database, purge.instanceId, BATCH)
  if (keys.length > 0) await deps.objects.delete(keys, signal)
  return deps.database.transact(async tx => {
    await objectRows.forget(tx, purge.instanceId, keys)
    const erased = { what: OBJECTS, count: keys.length }
    return advance(tx, purge, keys.length < BATCH ? { ...next, erased } : { erased })
  }, signal)
}

/** All that is listed, from where it was left to the end. */
export async function eraseListed(deps: ObjectDeps, purge: Purge, { next, pause }: Of, signal: AbortSignal): Done {
  let mine: Purge | null = purge
  for await (const { keys, cursor } of inBatches(listed(deps, purge, signal))) {
    if (keys.length > 0) await deps.objects.delete(keys, signal)
    mine = await advance(deps.database, mine, { cursor, erased: { what: OBJECTS, count: keys.length } })
    if (mine === null || !(await pause(mine))) return null
  }
  return advance(deps.database, mine, { ...next, cursor: null })
}

/** Where listing stands: all up to `key` under `prefix` was looked at, and all under the prefixes before it. */
type Cursor = { prefix: string; key: string }
type Looked = { cursor: Cursor; isMine: boolean }

/** Raw bytes do not say whose they are by their key: where the store keeps metadata, those do, else only the log does. */
async function* listed({ objects }: ObjectDeps, { instanceId, cursor }: Purge, signal: AbortSignal): AsyncGenerator<Looked> {
  const own = objects.newKey('')
  const isMine = async (key: string): Promise<boolean> => {
    const name = key.slice(own.length)
    if (!isRawName(name)) return isNameOf(instanceId, name)
    return (await objects.head(key, signal))?.metadata.instance_id === instanceId
  }
  const prefixes = [...new Set([...prefixesOf(instanceId), RAW_PREFIX])].map(prefix => `${own}${prefix}`)
  const from = readCursor(cursor)
  for (const prefix of prefixes.slice(Math.max(0, prefixes.indexOf(from?.prefix ?? ''))))
    for await (const { key } of objects.list(prefix, signal))
      if (prefix !== from?.prefix || isAfter(key, from.key)) yield { cursor: { prefix, key }, isMine: await isMine(key) }
}

/** As stores list them. */
const isAfter = (key: string, other: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0

/** Our own, from our own row. */
const readCursor = (cursor: unknown): Cursor | null =>
  typeof cursor === 'object' && cursor !== null && 'prefix' in cursor ? (cursor as Cursor) : null

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

/** Of so many that were looked at, those that are ours. */
async function* inBatches(all: AsyncIterable<Looked>): AsyncGenerator<{ keys: readonly string[]; cursor: Cursor }> {
  let batch: Looked[] = []
  for await (const one of all) {
    batch.push(one)
    if (batch.length < BATCH) continue
    yield batchOf(batch, one.cursor)
    batch = []
  }
  const last = batch.at(-1)
  if (last !== undefined) yield batchOf(batch, last.cursor)
}

const batchOf = (batch: readonly Looked[], cursor: Cursor) => ({
  keys: batch.filter(one => one.isMine).map(one => one.cursor.key),
  cursor,
})
