// An object's SHA-256 by what we wrote beside it, or, in a store that keeps no metadata of ours, by its bytes.
import { createHash } from 'node:crypto'
import type { ObjectHead, ObjectStore } from '../objects/objects.ts'

/** Hexadecimal; null: it is not there any more. Reads the whole object at most, in constant memory. */
export async function sha256Of(objects: ObjectStore, head: ObjectHead, signal: AbortSignal): Promise<string | null> {
  const { sha256 } = head.metadata
  if (sha256 !== undefined && sha256 !== '') return sha256
  const found = await objects.get({ key: head.key }, signal)
  if (found === null) return null
  const hash = createHash('sha256')
  for await (const chunk of found.body) hash.update(chunk)
  return hash.digest('hex')
}
