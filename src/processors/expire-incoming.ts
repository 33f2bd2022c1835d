// Files under incoming/ go when their time is over: those that a row says we wrote, and no others, whoever they belong to.
import type { Codec } from '../events/codec.ts'
import type { EventLog } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { adoptIncoming } from './adopt-incoming.ts'
import type { IncomingRows } from './incoming-rows.ts'

export type IncomingExpiryDeps = {
  objects: ObjectStore
  rows: IncomingRows
  log: EventLog
  codec: Codec
  topic(name: 'media-downloaded'): string
  /** Since an object was written. */
  keptMs: number
  /** [1 day] */
  everyMs?: number
  logger: Logger
}

const BATCH = 500
const DAY_MS = 86_400_000
const AGAIN_MS = 10 * 60_000

/** Looks at once and then every `everyMs`. What is down is said and tried again sooner, so that it is not said for a day. */
export function openIncomingExpiry(deps: IncomingExpiryDeps): Role {
  const { everyMs = DAY_MS, logger } = deps
  const stop = new AbortController()
  let problem: string | null = null

  async function run(): Promise<void> {
    do {
      try {
        await adoptIncoming(deps, deps.topic('media-downloaded'), stop.signal)
        const deleted = await expireIncoming(deps, stop.signal)
        if (deleted > 0) logger.info('objects.expired', { prefix: 'incoming/', deleted })
        problem = null
      } catch (error) {
        if (stop.signal.aborted) return
        problem = `incoming/: ${String(error)}`
        logger.warn('objects.expiry-failed', { prefix: 'incoming/', error })
      }
    } while (await wait(problem === null ? everyMs : Math.min(everyMs, AGAIN_MS), stop.signal))
  }

  const done = run()
  return {
    name: 'object-expiry',
    checks: () => [{ name: 'object-expiry', state: problem === null ? 'ok' : 'degraded', detail: problem ?? 'running' }],
    close: async () => {
      stop.abort()
      await done
    },
  }
}

/** Answers how many keys were deleted. Holds one batch of them, however many there are. */
export async function expireIncoming(
  { objects, rows, keptMs }: Pick<IncomingExpiryDeps, 'objects' | 'rows' | 'keptMs'>,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0
  for (;;) {
    const keys = await rows.due({ keptMs, limit: BATCH })
    if (keys.length === 0) return deleted
    await objects.delete(keys, signal)
    await rows.forget(keys, { keptMs })
    deleted += keys.length
  }
}
