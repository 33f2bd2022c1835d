// What all errors of zaplog have in common, whichever port or rule refuses: a machine's word for it and whether trying again can help. Whoever
// judges errors of several ports judges by this; it imports nothing, so that every folder may import it.

export type Failing<Code extends string> = {
  code: Code
  message: string
  retryable: boolean
  cause?: unknown
} & Mend

/** What another setting mends. Left out where no setting does, or where the adapter cannot tell which. */
export type Mend = {
  /** The settings to look at, by name. */
  settings?: readonly string[]
  /** What is expected of them, behind `expected `: whoever cannot go on says it. */
  expected?: string
}

/** What an adapter knows of a failure besides its code and its words. */
export type Known = Mend & { cause?: unknown }

/** Where errors come from: what speaks to something outside of this process, and whatever else refuses. */
export type Port =
  | 'api'
  | 'cli'
  | 'connect'
  | 'data-dir'
  | 'database'
  | 'env-file'
  | 'events'
  | 'listen'
  | 'log'
  | 'media'
  | 'objects'
  | 'producers'
  | 'projections'
  | 'read-model'
  | 'registry'
  | 'seal'
  | 'services'
  | 'socket'
  | 'start'
  | 'webhooks'

export abstract class CodedError<Code extends string = string> extends Error {
  abstract readonly port: Port
  readonly code: Code
  readonly retryable: boolean
  readonly settings: readonly string[]
  readonly expected: string | null
  constructor({ code, message, retryable, settings = [], expected, cause }: Failing<Code>) {
    super(message, { cause })
    this.code = code
    this.retryable = retryable
    this.settings = settings
    this.expected = expected ?? null
  }
}
