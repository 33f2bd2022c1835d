// What the database reports, as LogError: unreachable is `unavailable` and retryable, what can never succeed is `denied`.
import { DatabaseError } from '../../database/database.ts'
import { wordsOf } from '../../runtime/logger.ts'
import { LogError } from '../log.ts'

/** The SQLSTATE with which log_append says that it knows no such partition. */
export const NO_SUCH_PARTITION = 'ZL001'

/** The class of what a value is refused for. */
const DATA_EXCEPTION = '22'

/** A commit whose answer was lost counts as unavailable: the worst case of trying again is a repeated record. */
export function toLogError(doing: string, error: unknown): LogError {
  if (error instanceof LogError) return error
  const reason = wordsOf(error)
  return new LogError(codeOf(error), `${doing}: ${reason}`, { cause: error })
}

function codeOf(error: unknown) {
  if (!(error instanceof DatabaseError)) return 'denied'
  if (error.retryable || error.code === 'commit-unknown') return 'unavailable'
  if (error.code === 'aborted') return 'aborted'
  if (error.sqlState === NO_SUCH_PARTITION) return 'topic-missing'
  return error.sqlState?.startsWith(DATA_EXCEPTION) ? 'record-refused' : 'denied'
}
