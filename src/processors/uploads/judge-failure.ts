// What becomes of an upload whose preparing failed: tried again, or failed for good. Pure.
import { CodedError } from '../../runtime/coded-error.ts'
import { SealError } from '../../runtime/seal.ts'
import { MAX_RETRY_AFTER_MS } from '../download/download-answer.ts'
import { UploadError, uploadErrorOf } from './upload-error.ts'

export type Verdict =
  | { kind: 'put-off'; waitMs: number; counts: boolean; error?: unknown }
  /** For good. */
  | { kind: 'failed'; error: UploadError }

/** How long what is ours and away is left alone. */
const AWAY_MS = 5_000
/** Of what nobody expected. */
const MAX_SURPRISES = 5

/** Whoever is at a later one had it after others that never said how it ended: it may be what ends them, unless one of them lives. */
export const mostAttempts = (retryDelaysMs: readonly number[]): number => Math.max(MAX_SURPRISES, retryDelaysMs.length + 1)

/** `attempt`: from 1, also of those whose process died in the middle. */
export function verdictOf(error: unknown, of: { attempt: number; retryDelaysMs: readonly number[] }): Verdict {
  const upload = uploadErrorOf(error)
  if (upload === null) {
    if (isAway(error)) return { kind: 'put-off', waitMs: AWAY_MS, counts: false, error }
    if (of.attempt < MAX_SURPRISES) return { kind: 'put-off', waitMs: AWAY_MS, counts: true, error }
    return { kind: 'failed', error: new UploadError('internal', `preparing the file: ${String(error)}`, { cause: error }) }
  }
  const waitMs = retryWaitMs(upload, of)
  return waitMs === null ? { kind: 'failed', error: upload } : { kind: 'put-off', waitMs, counts: true, error: upload }
}

/** null: it is not tried again. Not before the server would have it, where it says so. */
function retryWaitMs(error: UploadError, of: { attempt: number; retryDelaysMs: readonly number[] }): number | null {
  const plannedMs = of.retryDelaysMs[of.attempt - 1]
  const askedMs = error.retryAfterMs ?? 0
  return !error.retryable || plannedMs === undefined || askedMs > MAX_RETRY_AFTER_MS ? null : Math.max(plannedMs, askedMs)
}

/** A key that is none of ours is somewhere: what it sealed is not lost. */
const isAway = (error: unknown): boolean =>
  error instanceof SealError
    ? error.keyId !== null
    : error instanceof CodedError &&
      (error.retryable || error.code === 'aborted' || error.port === 'objects' || error.port === 'database')
