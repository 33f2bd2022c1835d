// What ends a verb: told on stderr as it is (problem.ts), without a stack.
import { CodedError } from '../runtime/coded-error.ts'
import { exitCodes } from './exit-codes.ts'
import type { Told } from './problem.ts'

type Options = { exitCode?: number; slug?: string; cause?: unknown; rest?: Told['rest'] }

/** `code` is the slug of the problem, or `failed`. */
export class CallFailed extends CodedError {
  override name = 'CallFailed'
  readonly port = 'cli'
  readonly exitCode: number
  /** Of the problem that zaplog answered, such as no-qr-pending; null: it was not zaplog that refused. */
  readonly slug: string | null
  readonly told: Told
  constructor(message: string, options: Options = {}) {
    const exitCode = options.exitCode ?? exitCodes.failed
    super({ code: options.slug ?? 'failed', message, retryable: exitCode === exitCodes.tryLater, cause: options.cause })
    this.exitCode = exitCode
    this.slug = options.slug ?? null
    this.told = {
      detail: message,
      exitCode,
      ...(options.slug === undefined ? {} : { slug: options.slug }),
      ...(options.rest === undefined ? {} : { rest: options.rest }),
    }
  }
}
