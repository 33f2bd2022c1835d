// In each slice of the event loop one stanza begins a stage, or one presence is encoded, of whichever account: decrypting holds the loop, and fifty
// accounts that catch up would hold it for all fifty at a stretch, while webhooks and everything else that is ready wait for each of their steps.

/** Resolves in a slice of its own, in the order of the calls. */
export function createLoopSlices(): () => Promise<void> {
  const waiting: (() => void)[] = []
  const beginNext = () => {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(beginNext)
  }
  return () =>
    new Promise(resolve => {
      waiting.push(resolve)
      if (waiting.length === 1) setImmediate(beginNext)
    })
}
