// The verified file under incoming/: fetched once per instance however often it is forwarded, visible only when MAC and hash agreed,
// and its `sha256` metadata, where the store keeps it, is always that of its bytes.
import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { MediaSource } from '../../events/event.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { MediaError } from '../media-error.ts'
import { sha256Of } from '../true-hash.ts'
import { type FetchRequest, fetchMedia } from './fetch-media.ts'
import { findKeys } from './find-keys.ts'
import { otherKinds } from './media-keys.ts'
import { mediaUrl } from './media-url.ts'
import { encryptedSizeBytes, verifiedDownload } from './verified-download.ts'

export type Wanted = {
  key: string
  instanceId: string
  kind: string
  source: MediaSource
  maxBytes: number
  timeouts: Pick<FetchRequest, 'idleTimeoutMs' | 'minTotalTimeoutMs' | 'timeoutFactor'>
}
type FetchDeps = { objects: ObjectStore; dispatcher: Dispatcher; cdnUrl: string | null }
/** `keysOf`: the kind that it was sealed as. */
type Sealed = Wanted & { keysOf: string }
export type Incoming = { key: string; sizeBytes: number; sha256: string }

/** Before the store gives it its place. The media key makes it unguessable, the encrypted hash ties it to its bytes. */
export function incomingName(instanceId: string, { mediaKey, encSha256 }: Pick<MediaSource, 'mediaKey' | 'encSha256'>): string {
  const length = Buffer.of(mediaKey.length)
  const hash = createHash('sha256')
    .update(length)
    .update(mediaKey)
    .update(encSha256 ?? Buffer.of())
  return `incoming/${instanceId}/${hash.digest('hex')}`
}

export async function findIncoming(objects: ObjectStore, key: string, signal: AbortSignal): Promise<Incoming | null> {
  const head = await objects.head(key, signal)
  const sha256 = head && (await sha256Of(objects, head, signal))
  return head === null || sha256 === null ? null : { key, sizeBytes: head.sizeBytes, sha256 }
}

/** Rejects MediaError or ObjectError, or with the signal's reason. */
export async function fetchIncoming(deps: FetchDeps, wanted: Wanted, signal: AbortSignal): Promise<Incoming> {
  try {
    return await fetchSealedAs(deps, { ...wanted, keysOf: wanted.kind }, signal)
  } catch (error) {
    if (!(error instanceof MediaError && error.otherKeysMayFit)) throw error
    const { mediaKey } = wanted.source
    const keysOf = await findKeys(fetchEncrypted(deps, wanted, signal), { mediaKey, kinds: otherKinds(wanted.kind) })
    if (keysOf === null) throw error
    return await fetchSealedAs(deps, { ...wanted, keysOf }, signal)
  }
}

async function fetchSealedAs(deps: FetchDeps, wanted: Sealed, signal: AbortSignal): Promise<Incoming> {
  const announced = wanted.source.sha256 == null ? '' : Buffer.from(wanted.source.sha256).toString('hex')
  const first = await putVerified(deps, { wanted, sha256: announced }, signal)
  if ('incoming' in first) return first.incoming
  // The announced hash is missing or wrong: metadata goes ahead of the bytes, so the true one takes a second fetch.
  const second = await putVerified(deps, { wanted, sha256: first.otherSha256 }, signal)
  if ('incoming' in second) return second.incoming
  throw new MediaError('bad-hash', 'downloading: two fetches of the same file gave other bytes each')
}

type Put = { incoming: Incoming } | { otherSha256: string }

/** Nothing becomes visible unless the plain bytes have this hash: the body throws before its end. */
async function putVerified(
  deps: FetchDeps,
  { wanted, sha256 }: { wanted: Sealed; sha256: string },
  signal: AbortSignal,
): Promise<Put> {
  const { source, kind, keysOf, maxBytes } = wanted
  const announcedBytes = source.sizeBytes ?? null
  /** Kept here, because a store may wrap what its body throws. */
  const failures: unknown[] = []
  const other: string[] = []
  async function* body() {
    try {
      const fetched = fetchEncrypted(deps, wanted, signal)
      const { mediaKey, encSha256 = null } = source
      const file = yield* verifiedDownload(fetched, { kind, keysOf, mediaKey, encSha256, sizeBytes: announcedBytes, maxBytes })
      if (file.sha256 === sha256) return
      other.push(file.sha256)
      throw new Error('the plain bytes have another hash than announced')
    } catch (error) {
      failures.push(error)
      throw error
    }
  }
  const { key } = wanted
  const metadata = { instance_id: wanted.instanceId, sha256 }
  try {
    const head = await deps.objects.put({ key, body: body(), contentType: 'application/octet-stream', metadata }, signal)
    return { incoming: { key, sizeBytes: head.sizeBytes, sha256 } }
  } catch (error) {
    const [otherSha256] = other
    if (otherSha256 !== undefined) return { otherSha256 }
    throw failures.length > 0 ? failures[0] : error
  }
}

function fetchEncrypted({ dispatcher, cdnUrl }: FetchDeps, { source, maxBytes, timeouts }: Wanted, signal: AbortSignal) {
  const announcedBytes = source.sizeBytes == null ? null : encryptedSizeBytes(source.sizeBytes)
  const wanted = { url: mediaUrl(source, cdnUrl), announcedBytes, maxBytes: encryptedSizeBytes(maxBytes), ...timeouts }
  return fetchMedia({ dispatcher }, wanted, signal)
}
