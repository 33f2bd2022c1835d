// Why producers cannot start; retryable says whether trying later helps.

export type ProducersErrorCode = 'already-running' | 'wrong-key'

export class ProducersError extends Error {
  override name = 'ProducersError'
  readonly code: ProducersErrorCode
  readonly retryable: boolean
  constructor(code: ProducersErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
    this.retryable = code === 'already-running'
  }
}
