// A file that is not sealed, as channels have them: nothing but the hash that its message announced can prove it, so that one without is refused.
import { createHash } from 'node:crypto'
import { MediaError } from '../media-error.ts'
import type { ExpectedFile, VerifiedFile } from './verified-download.ts'

/** What it yields is unproven until it has ended. Throws MediaError: bad-hash, truncated, too-large, or corrupt for one that is sealed or whose message announced no hash. */
export async function* plainDownload(
  bytes: AsyncIterable<Uint8Array>,
  { kind, encSha256, sha256, sizeBytes: announcedBytes, maxBytes }: ExpectedFile,
): AsyncGenerator<Uint8Array, VerifiedFile, undefined> {
  if (encSha256 !== null) throw new MediaError('corrupt', `downloading a ${kind}: it is sealed, and its message has no key`)
  if (!sha256)
    throw new MediaError('corrupt', `downloading a ${kind}: it is not sealed, and its message has no hash that proves it`)
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of bytes) {
    hash.update(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes)
      throw new MediaError('too-large', `downloading a ${kind}: expected at most ${maxBytes} bytes, got more`)
    yield chunk
  }
  const digest = hash.digest()
  if (!digest.equals(sha256)) {
    const isShort = announcedBytes !== null && sizeBytes < announcedBytes
    throw isShort
      ? new MediaError('truncated', `downloading a ${kind}: expected ${announcedBytes} bytes, got ${sizeBytes}`)
      : new MediaError('bad-hash', `downloading a ${kind}: its bytes are not those that the message announced`)
  }
  return { sizeBytes, sha256: digest.toString('hex') }
}
