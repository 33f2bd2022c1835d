// Metadata as S3 takes it, printable ASCII, and back without loss: what ASCII has not is percent-encoded.
import { ObjectError, type ObjectHead } from './objects.ts'

type Metadata = ObjectHead['metadata']

/** S3's own limit, names and values together, as they are sent. */
const MAX_METADATA_BYTES = 2048

/** Not RFC 2047, which S3 itself decodes and encodes anew. Throws ObjectError `refused` where the encoded form is too large. */
export function encodeMetadata(key: string, metadata: Metadata): Record<string, string> {
  const encoded = Object.entries(metadata).map(([name, value]) => [name, encodeValue(value)] as const)
  const sizeBytes = encoded.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (sizeBytes <= MAX_METADATA_BYTES) return Object.fromEntries(encoded)
  throw new ObjectError(
    'refused',
    `describing ${key}: expected at most ${MAX_METADATA_BYTES} bytes of encoded metadata, got ${sizeBytes}`,
  )
}

export const decodeMetadata = (metadata: Metadata): Metadata =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, decodeValue(value)]))

/** Leading and trailing spaces too: HTTP strips them. */
const encodeValue = (value: string): string => value.replaceAll(/[^\x20-\x7e]+|%|^ | $/gu, encodeURIComponent)

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value // written by somebody else, who meant the percent sign
  }
}
