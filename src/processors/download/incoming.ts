// The verified file under incoming/: fetched once per instance however often it is forwarded, visible only when MAC and hash agreed,
// and its `sha256` metadata, where the store keeps it, is always that of its bytes.
import { createHash } from 'node:crypto'
import type { MediaSource } from '../../events/event.ts'
import type { ObjectHead, ObjectStore } from '../../objects/objects.ts'
import { MediaError } from '../media-error.ts'
import { SNIFFED_BYTES, sniffType } from '../sniff-type.ts'
import { sha256Of } from '../true-hash.ts'
import type { FetchRequest } from './fetch-media.ts'
import { otherKinds, sealedAs } from './media-keys.ts'
import { mediaUrl } from './media-url.ts'
import type { Fetched, Piece } from './transfer-messages.ts'
import type { Transfers } from './transfers.ts'
import { encryptedSizeBytes } from './verified-download.ts'

export type Wanted = {
  key: string
  instanceId: string
  kind: string
  /** As the sender declared it. */
  mimetype: string | null
  /** What is written to its objects besides its hash. */
  metadata: ObjectHead['metadata']
  source: MediaSource
  maxBytes: number
  timeouts: Pick<FetchRequest, 'idleTimeoutMs' | 'minTotalTimeoutMs' | 'timeoutFactor'>
}
type FetchDeps = { objects: ObjectStore; transfers: Transfers; cdnUrl: string | null }
/** `keysOf`: the kind that it was sealed as. */
type Sealed = Wanted & { keysOf: string }
export type Incoming = { key: string; sizeBytes: number; sha256: string }

/**
 * Before the store gives it its place. The media key makes it unguessable, the encrypted hash ties it to its bytes; of a file that is not
 * sealed its own hash and its path do.
 */
export function incomingName(
  instanceId: string,
  source: Pick<MediaSource, 'mediaKey' | 'encSha256'> & Partial<MediaSource>,
): string {
  const { mediaKey, encSha256, sha256, directPath, url } = source
  const length = Buffer.of(mediaKey.length)
  const hash = createHash('sha256')
    .update(length)
    .update(mediaKey)
    .update(encSha256 ?? Buffer.of())
  if (mediaKey.length === 0) hash.update(sha256 ?? Buffer.of()).update(`\n${directPath ?? url ?? ''}`)
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
    return await fetchSealedAs(deps, { ...wanted, keysOf: sealedAs(wanted.kind, wanted.mimetype) }, signal)
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    const keysOf = error.otherKeysMayFit ? await findOtherKeys(deps, wanted, signal) : null
    if (keysOf !== null) return await fetchSealedAs(deps, { ...wanted, keysOf }, signal)
    if (mayBePlain(error, wanted.source)) return await fetchPlain(deps, wanted, error, signal)
    throw error
  }
}

/** The kind that it was sealed as, where that is another one than is likeliest; null: none fits. */
function findOtherKeys(deps: FetchDeps, wanted: Wanted, signal: AbortSignal): Promise<string | null> {
  const kinds = otherKinds(sealedAs(wanted.kind, wanted.mimetype))
  const sealed = { mediaKey: Uint8Array.from(wanted.source.mediaKey), kinds }
  return deps.transfers.findKeys({ fetched: fetchedOf(deps, wanted), sealed }, signal)
}

/** Channels' voice notes name a key all the same; without an encrypted hash nothing says that they are sealed. */
const mayBePlain = ({ code }: MediaError, { mediaKey, encSha256, sha256 }: MediaSource): boolean =>
  (code === 'bad-mac' || code === 'truncated') && mediaKey.length > 0 && encSha256 == null && sha256 != null

/** Only the announced hash can tell; where it does not fit, what was wrong before is. */
async function fetchPlain(deps: FetchDeps, wanted: Wanted, before: MediaError, signal: AbortSignal): Promise<Incoming> {
  try {
    const source = { ...wanted.source, mediaKey: Buffer.of() }
    return await fetchSealedAs(deps, { ...wanted, source, keysOf: wanted.kind }, signal)
  } catch (error) {
    throw error instanceof MediaError && error.code === 'bad-hash' ? before : error
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

async function putVerified(
  deps: FetchDeps,
  { wanted, sha256: announced }: { wanted: Sealed; sha256: string },
  signal: AbortSignal,
): Promise<Put> {
  const pieces = openPieces(deps, wanted, signal)
  try {
    const first = await nextPiece(pieces)
    // A file of one piece is proven before anything of it is put: what was announced does not matter.
    const sha256 = first.file?.sha256 ?? announced
    return await putPieces(deps, { wanted, sha256, first, pieces }, signal)
  } finally {
    await pieces.return()
  }
}

type Pieces = AsyncGenerator<Piece, void, undefined>
type Opened = { wanted: Sealed; sha256: string; first: Piece; pieces: Pieces }

/** Nothing becomes visible unless the plain bytes have this hash: the body throws before its end. */
async function putPieces({ objects }: FetchDeps, { wanted, sha256, first, pieces }: Opened, signal: AbortSignal): Promise<Put> {
  /** Kept here, because a store may wrap what its body throws. */
  const failures: unknown[] = []
  const other: string[] = []
  async function* body() {
    try {
      for (let piece = first; ; piece = await nextPiece(pieces)) {
        if (piece.file !== null && piece.file.sha256 !== sha256) {
          other.push(piece.file.sha256)
          throw new Error('the plain bytes have another hash than announced')
        }
        yield piece.bytes
        if (piece.file !== null) return
      }
    } catch (error) {
      failures.push(error)
      throw error
    }
  }
  const { key } = wanted
  try {
    const contentType = await contentTypeOf(wanted, first)
    const metadata = { ...wanted.metadata, sha256 }
    const known = sha256 === '' ? {} : { sha256 }
    const head = await objects.put({ key, body: body(), contentType, metadata, ...known }, signal)
    return { incoming: { key, sizeBytes: head.sizeBytes, sha256 } }
  } catch (error) {
    const [otherSha256] = other
    if (otherSha256 !== undefined) return { otherSha256 }
    throw failures.length > 0 ? failures[0] : error
  }
}

/** As the final copy of the message that it is fetched for will be described: where a store can, that copy is the same file. */
async function contentTypeOf({ mimetype }: Wanted, first: Piece): Promise<string> {
  return (await sniffType(first.bytes.subarray(0, SNIFFED_BYTES), mimetype)).mimetype
}

async function nextPiece(pieces: Pieces): Promise<Piece> {
  const { value } = await pieces.next()
  if (!value) throw new Error('downloading: expected a proven end, got none')
  return value
}

/** Copies of what is handed to another thread: a view would take all of the memory that it looks into along. */
function openPieces(deps: FetchDeps, wanted: Sealed, signal: AbortSignal): Pieces {
  const { source, kind, keysOf, maxBytes } = wanted
  const expected = {
    kind,
    keysOf,
    mediaKey: Uint8Array.from(source.mediaKey),
    encSha256: source.encSha256 == null ? null : Uint8Array.from(source.encSha256),
    sha256: source.sha256 == null ? null : Uint8Array.from(source.sha256),
    sizeBytes: source.sizeBytes ?? null,
    maxBytes,
  }
  return deps.transfers.open({ fetched: fetchedOf(deps, wanted), expected }, signal)
}

function fetchedOf({ cdnUrl }: FetchDeps, { source, maxBytes, timeouts }: Wanted): Fetched {
  const onCdn = source.mediaKey.length > 0 ? encryptedSizeBytes : (plainBytes: number) => plainBytes
  const announcedBytes = source.sizeBytes == null ? null : onCdn(source.sizeBytes)
  return { url: mediaUrl(source, cdnUrl).href, announcedBytes, maxBytes: onCdn(maxBytes), ...timeouts }
}
