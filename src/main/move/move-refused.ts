// Why a log cannot move, in words: all that was found, not the first of it alone.
import { CodedError } from '../../runtime/coded-error.ts'

/**
 * log-in-use: zaplog runs. unavailable: Kafka or its registry does not answer. misconfigured: a setting, or Kafka, is not as it has to be.
 * copy-differs: there is something else in Kafka.
 */
type Code = 'log-in-use' | 'unavailable' | 'misconfigured' | 'copy-differs'

export class MoveRefused extends CodedError<Code> {
  override name = 'MoveRefused'
  readonly port = 'start'
  constructor(code: Code, problems: readonly string[]) {
    super({ code, message: problems.join('\n'), retryable: false })
  }
}
