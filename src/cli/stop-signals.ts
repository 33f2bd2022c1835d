// The signals that end a verb: the first stops it, a second ends it at once, and a closed terminal is one of them.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { type StopSignal, stopSignals, takeEarlySignal } from '../../bin/early-signals.mjs'
import { exitCodes } from './exit-codes.ts'

/** npm, shells and terminals all pass on what one key press or one closed window means: within this time it is the same signal. */
const SAME_WITHIN_MS = 1_000

/**
 * Aborts at the first signal; before it returns for one that came while the verb was loaded. A second ends the process with 1; SIGHUP is
 * never a second one, because nobody closes a terminal twice. `onFirst` is called before the abort, `onSecond` before the end.
 */
export function watchStopSignals(told: { onFirst?(name: StopSignal): void; onSecond?(): void } = {}): AbortSignal {
  const stopping = new AbortController()
  let firstAt = 0
  function stop(name: StopSignal) {
    firstAt = performance.now()
    told.onFirst?.(name)
    stopping.abort()
  }
  function endAtOnce() {
    told.onSecond?.()
    process.exit(exitCodes.failed)
  }
  for (const name of stopSignals)
    process.on(name, () => {
      if (!stopping.signal.aborted) stop(name)
      else if (name !== 'SIGHUP' && performance.now() - firstAt > SAME_WITHIN_MS) endAtOnce()
    })
  const early = takeEarlySignal()
  if (early !== null) stop(early)
  return stopping.signal
}
