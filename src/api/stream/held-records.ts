// What the shared reading hands to a reader before its turn has come, in order: bounded, for the reader may take nothing.
import type { Said } from './shared-reading.ts'

export type HeldRecords = {
  /** false: more would be held than may, and it was not taken. */
  add(said: Said): boolean
  /** null: nothing is held. */
  next(): Said | null
}

/** More than comes while the last records are read that were missed. */
const MAX_RECORDS = 20_000

export function createHeldRecords({ maxBytes }: { maxBytes: number }): HeldRecords {
  const held: Said[] = []
  let bytes = 0
  return {
    add: said => {
      if (held.length >= MAX_RECORDS || (held.length > 0 && bytes + said.sizeBytes > maxBytes)) return false
      held.push(said)
      bytes += said.sizeBytes
      return true
    },
    next: () => {
      const said = held.shift() ?? null
      bytes -= said?.sizeBytes ?? 0
      return said
    },
  }
}
