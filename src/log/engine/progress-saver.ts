// Saves what lanes have finished soon after it changed, all partitions in one call, one call at a time.
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { Progress, ProgressStore } from '../log.ts'

/** `lost` is called when somebody else owns the partition now. */
export type Saved = { progress(): Progress; lost(): void }
export type ProgressSaver = {
  changed(of: Saved): void
  /** Resolves when what these have finished is durable, or the signal aborts. */
  flush(of: readonly Saved[], signal: AbortSignal): Promise<void>
  /** Saves it no more. */
  forget(of: Saved): void
}

const SAVE_WITHIN_MS = 250
const SAVE_TIMEOUT_MS = 10_000
const FLUSH_AGAIN_MS = 100

type Deps = { store: ProgressStore; consumerGroup: string; logger: Logger; saveWithinMs?: number | undefined }

export function createProgressSaver(deps: Deps): ProgressSaver {
  const { store, consumerGroup, logger, saveWithinMs = SAVE_WITHIN_MS } = deps
  const changed = new Set<Saved>()
  /** Their assignment is over: a save of theirs that fails now must not be repeated under the token of the next one. */
  const forgotten = new WeakSet<Saved>()
  let scheduled = false
  let saving = Promise.resolve()

  function saveNext(): Promise<void> {
    saving = saving.then(saveChanged)
    return saving
  }

  async function saveChanged() {
    const batch = [...changed]
    changed.clear()
    if (batch.length === 0) return
    const signal = AbortSignal.timeout(SAVE_TIMEOUT_MS)
    try {
      if (await save(batch, signal)) return
      // Somebody took one of them: one by one tells which.
      for (const one of batch) if (!(await save([one], signal))) one.lost()
    } catch (error) {
      logger.warn('log.progress-unsaved', { group: consumerGroup, partitions: batch.length, error })
      for (const one of batch) markChanged(one)
    }
  }

  function save(batch: readonly Saved[], signal: AbortSignal) {
    const progress = batch.map(one => one.progress())
    return store.save(consumerGroup, progress, signal)
  }

  function markChanged(of: Saved) {
    if (forgotten.has(of)) return
    changed.add(of)
    if (scheduled) return
    scheduled = true
    setTimeout(() => {
      scheduled = false
      void saveNext()
    }, saveWithinMs)
  }

  return {
    changed: markChanged,
    flush: async (of, signal) => {
      await saveNext()
      while (of.some(one => changed.has(one)) && (await wait(FLUSH_AGAIN_MS, signal))) await saveNext()
    },
    forget: of => {
      forgotten.add(of)
      changed.delete(of)
    },
  }
}
