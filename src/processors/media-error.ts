// Why a file could not be had or kept: a reason of docs/contract.md (media.reason), and whether trying again can help.
import type { mediaReasons } from '../events/vocabulary.ts'

const retryable = {
  timeout: true,
  connection: true,
  throttled: true,
  'server-error': true,
  /** May be what a broken proxy made of it; the same bytes again end as this again. */
  truncated: true,
  'no-url': false,
  gone: false,
  'bad-mac': false,
  'bad-hash': false,
  'too-large': false,
  'type-not-allowed': false,
  corrupt: false,
  'storage-refused': false,
} as const satisfies Record<MediaReason, boolean>

export type MediaReason = (typeof mediaReasons.here)[number]

export class MediaError extends Error {
  override name = 'MediaError'
  readonly reason: MediaReason
  readonly retryable: boolean
  /** What the server asked for. */
  readonly retryAfterMs: number | null
  /** The bytes are those that were sealed, so that another kind's keys may open them. */
  readonly otherKeysMayFit: boolean
  constructor(
    reason: MediaReason,
    message: string,
    options: { retryAfterMs?: number | null; otherKeysMayFit?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.reason = reason
    this.retryable = retryable[reason]
    this.retryAfterMs = options.retryAfterMs ?? null
    this.otherKeysMayFit = options.otherKeysMayFit ?? false
  }
}
