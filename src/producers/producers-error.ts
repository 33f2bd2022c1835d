// Why producers cannot start, with the exit code that says whether trying later helps.

export type ProducersErrorCode = 'already-running' | 'wrong-key'

const exitCodes: Readonly<Record<ProducersErrorCode, number>> = { 'already-running': 75, 'wrong-key': 78 }

export class ProducersError extends Error {
  override name = 'ProducersError'
  readonly code: ProducersErrorCode
  readonly retryable: boolean
  readonly exitCode: number
  constructor(code: ProducersErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
    this.retryable = code === 'already-running'
    this.exitCode = exitCodes[code]
  }
}
