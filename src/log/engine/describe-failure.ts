// An error in the words of a status: the code of the log's own errors goes before them, because operators look that up.
import { wordsOf } from '../../runtime/logger.ts'
import { LogError } from '../log.ts'

export const describeFailure = (error: unknown): string =>
  error instanceof LogError ? `${error.code}: ${error.message}` : wordsOf(error)
