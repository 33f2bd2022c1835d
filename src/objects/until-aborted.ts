// A source's chunks until the signal aborts, also where the source hangs: then it is told to end and nobody waits for it.
import type { Logger } from '../runtime/logger.ts'
import { ObjectError } from './objects.ts'

/** What the source throws comes out as it is; abort throws ObjectError `aborted`. */
export async function* untilAborted(
  deps: { logger: Logger },
  source: { key: string; body: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source.body[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await nextUntilAborted(source.key, iterator, signal)
      ended = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (!ended) giveUp(deps, source.key, iterator)
  }
}

/** Not Promise.race with one long-lived promise: that would hold every chunk until the end. */
function nextUntilAborted(key: string, iterator: AsyncIterator<Uint8Array>, signal: AbortSignal) {
  return new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
    const onAbort = () => reject(new ObjectError('aborted', `putting ${key}: aborted`, { cause: signal.reason }))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = () => signal.removeEventListener('abort', onAbort)
    iterator.next().then(resolve, reject).finally(settled)
  })
}

/** Not awaited: a generator that hangs in next() answers return() only after it. */
function giveUp(deps: { logger: Logger }, key: string, iterator: AsyncIterator<Uint8Array>): void {
  const ended = iterator.return?.()
  ended?.then(undefined, error => deps.logger.warn('objects.source-not-closed', { key, error }))
}

/** Throws ObjectError `aborted`. */
export function refuseAborted(doing: string, signal: AbortSignal): void {
  if (signal.aborted) throw new ObjectError('aborted', `${doing}: aborted`, { cause: signal.reason })
}
