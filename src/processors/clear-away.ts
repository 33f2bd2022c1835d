// What was put for an event of an instance that is purged goes.
import type { ObjectStore } from '../objects/objects.ts'

/** The keys, and all that is under the prefixes, each of one event alone. Rejects ObjectError. */
export async function clearAway(
  objects: Pick<ObjectStore, 'delete' | 'list'>,
  { keys, prefixes }: { keys: readonly string[]; prefixes: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const found = [...keys]
  for (const prefix of prefixes) for await (const { key } of objects.list(prefix, signal)) found.push(key)
  await objects.delete(found, signal)
}
