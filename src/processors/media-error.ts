// Why a file could not be had or kept: a reason of docs/contract.md (media.reason), and whether trying again can help.
import type { mediaReasons } from '../events/vocabulary.ts'
import { CodedError } from '../runtime/coded-error.ts'

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

/** Its code is the reason. */
export class MediaError extends CodedError<MediaReason> {
  override name = 'MediaError'
  readonly port = 'media'
  /** What the server asked for. */
  readonly retryAfterMs: number | null
  /** The bytes are those that were sealed, so that another kind's keys may open them. */
  readonly otherKeysMayFit: boolean
  constructor(
    code: MediaReason,
    message: string,
    options: { retryAfterMs?: number | null; otherKeysMayFit?: boolean; cause?: unknown } = {},
  ) {
    super({ code, message, retryable: retryable[code], cause: options.cause })
    this.retryAfterMs = options.retryAfterMs ?? null
    this.otherKeysMayFit = options.otherKeysMayFit ?? false
  }
}
