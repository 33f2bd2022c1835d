// zaplog send: what people try, and what this version does not do; said in one place, with what there is.
import { exitCodes } from './exit-codes.ts'
import { sayProblem } from './problem.ts'

/** Whatever it is given: nothing of it is taken. */
export function sayNoSending(): void {
  const detail =
    'sending is not in this version: zaplog receives messages, also those that you send from the phone (message.sent). ' +
    'To answer, send through another linked device'
  sayProblem({ slug: 'not-in-this-version', detail, exitCode: exitCodes.failed })
  process.exitCode = exitCodes.failed
}
