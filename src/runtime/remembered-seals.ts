// A sealer that opens the same bytes once: what was opened last is kept, so that whoever reads a row again and again pays for its bytes alone.
// Nothing is ever stale: the sealed bytes themselves, with their context, are what is looked up.
import type { Sealer } from './seal.ts'

/** `most`: so many are kept open, the last used ones. */
export function rememberSeals(sealer: Sealer, most: number): Sealer {
  const opened = new Map<string, Buffer>()
  return {
    ...sealer,
    open: (sealed, context) => {
      const key = `${context}|${Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('base64')}`
      const plain = opened.get(key) ?? sealer.open(sealed, context)
      opened.delete(key)
      opened.set(key, plain)
      for (const oldest of opened.keys()) {
        if (opened.size <= most) break
        opened.delete(oldest)
      }
      return Buffer.from(plain)
    },
  }
}
