// Many small calls, few round trips: what is asked while one batch is on its way goes together in the next. Nobody waits for a timer, but
// under load, where a pace asks for it.
import { createBell } from './bell.ts'
import { never } from './or-abort.ts'

/** A batch begins at least gapMs after the one before did, or once nobody else would join: then, as after a pause, it begins at once. */
export type Pace = {
  gapMs(before: { size: number; tookMs: number }): number
  mayOthersJoin(waiting: number): boolean
  /** Milliseconds that never go back [performance.now]. */
  monotonic?: () => number
}

/** `work` answers one result per item, in order. A batch that fails rejects every call in it. */
export function coalesce<In, Out>(
  work: (batch: readonly In[]) => Promise<readonly Out[]>,
  maxBatch: number,
  pace: Pace = unpaced,
): (item: In) => Promise<Out> {
  type Call = { item: In; resolve: (out: Out) => void; reject: (error: unknown) => void }
  let queued: Call[] = []
  let running = false
  let mayBeginAt = Number.NEGATIVE_INFINITY
  const joined = createBell()
  const { monotonic = () => performance.now() } = pace

  const lacksOthers = () => queued.length < maxBatch && pace.mayOthersJoin(queued.length)

  const earlyMs = () => (lacksOthers() ? mayBeginAt - monotonic() : 0)

  async function run() {
    running = true
    while (queued.length > 0) {
      // Asked once for each wait: a moment later less than nothing may be left, and Node warns of a timer that is to end in the past.
      for (let waitMs = earlyMs(); waitMs > 0; waitMs = earlyMs()) await joined.rung(never, waitMs)
      const beganAt = monotonic()
      const batch = queued.slice(0, maxBatch)
      queued = queued.slice(maxBatch)
      try {
        const results = await work(batch.map(call => call.item))
        if (results.length !== batch.length) throw new Error(`expected ${batch.length} results of a batch, got ${results.length}`)
        for (const [index, result] of results.entries()) batch[index]?.resolve(result)
      } catch (error) {
        for (const call of batch) call.reject(error)
      }
      mayBeginAt = beganAt + pace.gapMs({ size: batch.length, tookMs: monotonic() - beganAt })
    }
    running = false
  }

  return item =>
    new Promise((resolve, reject) => {
      queued.push({ item, resolve, reject })
      if (running) joined.ring()
      else void run()
    })
}

const unpaced: Pace = { gapMs: () => 0, mayOthersJoin: () => false }
