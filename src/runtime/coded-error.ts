// What all errors of zaplog have in common, whichever port or rule refuses: a machine's word for it and whether trying again can help.

export type Failing<Code extends string> = {
  code: Code
  message: string
  retryable: boolean
  /** The settings to look at, by name; none where no setting mends it. */
  settings?: readonly string[]
  cause?: unknown
}

/** `port` says where it comes from: log, database, objects, registry, ... */
export abstract class CodedError<Code extends string = string> extends Error {
  abstract readonly port: string
  readonly code: Code
  readonly retryable: boolean
  readonly settings: readonly string[]
  constructor({ code, message, retryable, settings = [], cause }: Failing<Code>) {
    super(message, { cause })
    this.code = code
    this.retryable = retryable
    this.settings = settings
  }
}
