// What a worker said of one transfer, in order, and who waits for it.
import { orAbort } from '../../runtime/or-abort.ts'
import { MediaError } from '../media-error.ts'
import type { Failure, Said } from './transfer-messages.ts'

export type Heard = Exclude<Said, { kind: 'failed' }>
export type Inbox = {
  put(said: Said): void
  /** After what was said already. */
  fail(error: Error): void
  /** Rejects with what failed, or with the signal's reason. One at a time. */
  next(signal: AbortSignal): Promise<Heard>
}

export function createInbox(): Inbox {
  const heard: (Heard | Error)[] = []
  let arrived = Promise.withResolvers<void>()
  const add = (one: Heard | Error) => {
    heard.push(one)
    arrived.resolve()
  }
  return {
    put: said => add(said.kind === 'failed' ? errorOf(said.failure) : said),
    fail: add,
    async next(signal) {
      signal.throwIfAborted()
      if (heard.length === 0) {
        arrived = Promise.withResolvers<void>()
        await orAbort(arrived.promise, () => signal.reason, signal)
      }
      const [first] = heard
      if (first instanceof Error) throw first // it stays: nothing comes after it
      if (first === undefined) throw new Error('hearing of a transfer: expected something, got nothing')
      heard.shift()
      return first
    },
  }
}

function errorOf(failure: Failure): Error {
  if (!('media' in failure)) return new Error(`transferring a file: ${failure.message}`)
  const { code, message, ...more } = failure.media
  return new MediaError(code, message, more)
}
