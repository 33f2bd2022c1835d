// What ends a verb: told on stderr as it is (problem.ts), without a stack.
import { exitCodes } from './exit-codes.ts'
import type { Told } from './problem.ts'

type Options = { exitCode?: number; slug?: string; cause?: unknown; rest?: Told['rest'] }

export class CallFailed extends Error {
  override name = 'CallFailed'
  readonly exitCode: number
  /** Of the problem that zaplog answered, such as no-qr-pending; null: it was not zaplog that refused. */
  readonly slug: string | null
  readonly told: Told
  constructor(message: string, options: Options = {}) {
    super(message, { cause: options.cause })
    this.exitCode = options.exitCode ?? exitCodes.failed
    this.slug = options.slug ?? null
    this.told = {
      detail: message,
      exitCode: this.exitCode,
      ...(options.slug === undefined ? {} : { slug: options.slug }),
      ...(options.rest === undefined ? {} : { rest: options.rest }),
    }
  }
}
