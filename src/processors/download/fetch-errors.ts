// undici's and the socket's errors as reasons, by one table; what is not in it is a broken connection.
import { describeError } from '../../runtime/logger.ts'
import { MediaError } from '../media-error.ts'

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])

export function translateFetchError(doing: string, cause: unknown): MediaError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return new MediaError(timeouts.has(code) ? 'timeout' : 'connection', `${doing}: ${describeError(cause)}`, { cause })
}
