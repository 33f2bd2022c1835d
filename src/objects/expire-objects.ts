// What a bucket's lifecycle does for S3, for stores that have none: objects under a prefix are deleted when they are old enough.
import type { Logger } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import type { ObjectStore } from './objects.ts'

export type ExpiryRule = {
  prefix: string
  /** Since an object was written. */
  afterMs: number
}

const BATCH = 50
const DAY_MS = 86_400_000

/** Looks at once and then every `everyMs` [1 day]. A store that is down is said and tried again the next time. */
export function openObjectExpiry(deps: {
  objects: ObjectStore
  rules: readonly ExpiryRule[]
  everyMs?: number
  logger: Logger
  clock: () => number
}): Role {
  const { everyMs = DAY_MS, logger } = deps
  const stop = new AbortController()
  /** By prefix. */
  const problems = new Map<string, string>()

  async function run(): Promise<void> {
    do {
      for (const rule of deps.rules) await expireOnce(rule)
    } while (await wait(everyMs, stop.signal))
  }

  async function expireOnce(rule: ExpiryRule): Promise<void> {
    try {
      const deleted = await expireObjects(deps.objects, { ...rule, nowAt: deps.clock() }, stop.signal)
      if (deleted > 0) logger.info('objects.expired', { prefix: rule.prefix, deleted })
      problems.delete(rule.prefix)
    } catch (error) {
      if (stop.signal.aborted) return
      problems.set(rule.prefix, `${rule.prefix}: ${String(error)}`)
      logger.warn('objects.expiry-failed', { prefix: rule.prefix, error })
    }
  }

  const done = run()
  return {
    name: 'object-expiry',
    checks: () => {
      const detail = [...problems.values()].join('; ')
      return [{ name: 'object-expiry', state: detail === '' ? 'ok' : 'degraded', detail: detail || 'running' }]
    },
    close: async () => {
      stop.abort()
      await done
    },
  }
}

/** Answers how many were deleted. Holds one batch of keys, however many objects there are. */
export async function expireObjects(
  objects: ObjectStore,
  rule: ExpiryRule & { nowAt: number },
  signal: AbortSignal,
): Promise<number> {
  let batch: string[] = []
  let deleted = 0
  const deleteBatch = async () => {
    await objects.delete(batch, signal)
    deleted += batch.length
    batch = []
  }
  for await (const { key, modifiedAt } of objects.list(rule.prefix, signal)) {
    if (modifiedAt > rule.nowAt - rule.afterMs) continue
    batch.push(key)
    if (batch.length === BATCH) await deleteBatch()
  }
  if (batch.length > 0) await deleteBatch()
  return deleted
}
