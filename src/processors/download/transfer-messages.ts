// What the main thread and its transfer workers say to each other: bytes are handed over, never copied, and failures are data.
import type { MediaError } from '../media-error.ts'
import type { FetchRequest } from './fetch-media.ts'
import type { ExpectedFile, VerifiedFile } from './verified-download.ts'

/** As text: an URL cannot be handed over. */
export type Fetched = Omit<FetchRequest, 'url'> & { url: string }
export type Job =
  | { kind: 'open'; fetched: Fetched; expected: ExpectedFile }
  | { kind: 'find-keys'; fetched: Fetched; sealed: Sealed }
export type Sealed = { mediaKey: Uint8Array; kinds: readonly string[] }

/** `next`: a piece was read, and its memory comes back. */
export type Asked =
  | { kind: 'begin'; id: number; job: Job }
  | { kind: 'next'; id: number; memory: ArrayBuffer }
  | { kind: 'stop'; id: number }

/** `file`: with the last piece, which may be empty: the whole is proven. */
export type Piece = { bytes: Uint8Array<ArrayBuffer>; file: VerifiedFile | null }
export type Said = { id: number } & (
  | ({ kind: 'piece' } & Piece)
  | { kind: 'keys'; found: string | null }
  | { kind: 'failed'; failure: Failure }
)
export type Failure = { media: Pick<MediaError, 'code' | 'message' | 'retryAfterMs' | 'otherKeysMayFit'> } | { message: string }

export type WorkerOptions = { connectTimeoutMs: number; connections: number }

/** A piece of plain bytes at most. */
export const PIECE_BYTES = 256 * 1024
