// Why a file cannot be sent: a reason of upload.failed, and whether trying again can help.
import type { UploadReason } from '../../events/definitions/uploads.ts'
import { ObjectError } from '../../objects/objects.ts'
import { CodedError } from '../../runtime/coded-error.ts'
import { MediaError, type MediaReason } from '../media-error.ts'

/** Its code is the reason. */
export class UploadError extends CodedError<UploadReason> {
  override name = 'UploadError'
  readonly port = 'media'
  /** What the server asked for; null: nothing. */
  readonly retryAfterMs: number | null
  constructor(
    code: UploadReason,
    message: string,
    options: { retryable?: boolean; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super({ code, message, retryable: options.retryable ?? false, cause: options.cause })
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

const reasons: Readonly<Partial<Record<MediaReason, UploadReason>>> = {
  timeout: 'timeout',
  connection: 'connection',
  throttled: 'throttled',
  'server-error': 'server-error',
  truncated: 'truncated',
  gone: 'gone',
  'too-large': 'too-large',
}

/** What is about this file alone. null: something of ours is away, or went wrong. */
export function uploadErrorOf(error: unknown): UploadError | null {
  if (error instanceof UploadError) return error
  if (isBlocked(error)) return new UploadError('address-blocked', error.message, { cause: error })
  if (error instanceof MediaError) {
    const { code, message, retryable, retryAfterMs } = error
    return new UploadError(reasons[code] ?? 'gone', message, { retryable, retryAfterMs, cause: error })
  }
  if (error instanceof ObjectError && error.code === 'refused')
    return new UploadError('storage-refused', error.message, { cause: error })
  return null
}

/** An address that may not be dialled, wherever along its causes that is said. */
function isBlocked(error: unknown): error is Error {
  for (let one: unknown = error; one instanceof Error; one = one.cause)
    if (one instanceof CodedError && one.code === 'address-blocked') return true
  return false
}
