// Many small calls, few round trips: what is asked while one batch is on its way goes together in the next. Nobody waits for a timer, but
// under load, where a pace asks for it.
import { createBell } from './bell.ts'
import { never } from './or-abort.ts'

/** A batch begins at least gapMs after the one before did, or once nobody else would join: then, as after a pause, it begins at once. */
export type Pace = { gapMs(before: { size: number; tookMs: number }): number; mayOthersJoin(waiting: number): boolean }

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

  const lacksOthers = () => queued.length < maxBatch && pace.mayOthersJoin(queued.length)

  const earlyMs = () => mayBeginAt - performance.now()

  async function run() {
    running = true
    while (queued.length > 0) {
      while (lacksOthers() && earlyMs() > 0) await joined.rung(never, earlyMs())
      const beganAt = performance.now()
      const batch = queued.slice(0, maxBatch)
      queued = queued.slice(maxBatch)
      try {
        const results = await work(batch.map(call => call.item))
        if (results.length !== batch.length) throw new Error(`expected ${batch.length} results of a batch, got ${results.length}`)
        for (const [index, result] of results.entries()) batch[index]?.resolve(result)
      } catch (error) {
        for (const call of batch) call.reject(error)
      }
      mayBeginAt = beganAt + pace.gapMs({ size: batch.length, tookMs: performance.now() - beganAt })
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
