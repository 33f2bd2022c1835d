// What may be a key, the same on every adapter: UTF-8 text in segments joined by slashes that no path resolution can turn into another place.
import { ObjectError } from './objects.ts'

/** As S3 has it. */
const MAX_KEY_BYTES = 1024

/** Throws ObjectError `refused`. */
export function checkKey(key: string): void {
  const problem = problemOf(key)
  if (problem !== null) throw new ObjectError('refused', `checking the key ${JSON.stringify(key)}: ${problem}`)
}

function problemOf(key: string): string | null {
  if (!key.isWellFormed()) return 'expected Unicode text, got half a surrogate pair'
  const sizeBytes = Buffer.byteLength(key)
  if (sizeBytes === 0 || sizeBytes > MAX_KEY_BYTES) return `expected 1 to ${MAX_KEY_BYTES} bytes, got ${sizeBytes}`
  if (/[\0\\]/.test(key)) return 'expected neither NUL nor backslash'
  for (const segment of key.split('/')) {
    if (segment === '') return 'expected no empty segment'
    if (segment === '.' || segment === '..') return `expected no segment ${segment}`
  }
  return null
}
