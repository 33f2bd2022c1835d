// What ends a verb: printed on stderr as it is, without a stack.
import { exitCodes } from './exit-codes.ts'

export class CallFailed extends Error {
  override name = 'CallFailed'
  readonly exitCode: number
  /** Of the problem that zaplog answered, such as no-qr-pending; null: it was not zaplog that refused. */
  readonly slug: string | null
  constructor(message: string, options: { exitCode?: number; slug?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.exitCode = options.exitCode ?? exitCodes.failed
    this.slug = options.slug ?? null
  }
}
