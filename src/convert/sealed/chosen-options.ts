// What somebody chose in a poll, which names its options by their SHA-256. Pure.
import { createHash } from 'node:crypto'

export type Chosen = { options: readonly string[]; unknownHashes: readonly string[] }

/** Options by their SHA-256, lower-case hex. */
export const namesByHash = (options: readonly string[]): ReadonlyMap<string, string> =>
  new Map(options.map(option => [createHash('sha256').update(option).digest('hex'), option]))

/** `names`: those that are known. */
export function chosenOf(hashes: readonly Uint8Array[] | null | undefined, names: ReadonlyMap<string, string>): Chosen {
  const chosen = [...new Set((hashes ?? []).map(hash => Buffer.from(hash).toString('hex')))]
  return { options: chosen.flatMap(hash => names.get(hash) ?? []), unknownHashes: chosen.filter(hash => !names.has(hash)) }
}
