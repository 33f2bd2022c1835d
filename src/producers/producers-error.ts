// Why producers cannot start; retryable says whether trying later helps.
import { CodedError } from '../runtime/coded-error.ts'

export type ProducersErrorCode = 'already-running' | 'wrong-key'

export class ProducersError extends CodedError<ProducersErrorCode> {
  override name = 'ProducersError'
  readonly port = 'producers'
  constructor(code: ProducersErrorCode, message: string, options: { cause?: unknown } = {}) {
    super({ code, message, retryable: code === 'already-running', settings: settingsOf[code], cause: options.cause })
  }
}

const settingsOf: Readonly<Record<ProducersErrorCode, readonly string[]>> = {
  'already-running': [],
  'wrong-key': ['ENCRYPTION_KEY', 'ENCRYPTION_KEY_PREVIOUS'],
}
