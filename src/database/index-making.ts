// Beside everything else: what is missing of the indexes is made, once, and tried again where that failed. Until then what they are for works,
// only slower.
import { describeError } from '../runtime/logger.ts'
import type { Check, Role } from '../runtime/role.ts'
import { isWorthSaying, wait } from '../runtime/wait.ts'
import { type IndexDeps, makeIndexes, type WantedIndex } from './make-indexes.ts'

/** [5 s, 30 s] */
type Deps = IndexDeps & { lookAgainMs?: number; tryAgainMs?: number }
type Seen = { outcome: 'making' | 'made' | 'elsewhere' } | { outcome: 'failed'; failures: number; reason: string }

const LOOK_AGAIN_MS = 5_000
const TRY_AGAIN_MS = 30_000

export function openIndexMaking(deps: Deps, wanted: readonly WantedIndex[]): Role {
  const { logger, lookAgainMs = LOOK_AGAIN_MS, tryAgainMs = TRY_AGAIN_MS } = deps
  const stopping = new AbortController()
  let last: Seen = { outcome: 'making' }

  async function run(): Promise<void> {
    do {
      last = await look(deps, wanted, last, stopping.signal)
      if (stopping.signal.aborted) return
      if (last.outcome === 'failed' && isWorthSaying(last.failures))
        logger.warn('database.indexes-not-made', { reason: last.reason })
    } while (last.outcome !== 'made' && (await wait(last.outcome === 'failed' ? tryAgainMs : lookAgainMs, stopping.signal)))
  }

  const done = run()
  return {
    name: 'indexes',
    checks: () => checksOf(last),
    close: async () => {
      stopping.abort()
      await done
    },
  }
}

async function look(deps: IndexDeps, wanted: readonly WantedIndex[], last: Seen, signal: AbortSignal): Promise<Seen> {
  try {
    return { outcome: await makeIndexes(deps, wanted, signal) }
  } catch (error) {
    return { outcome: 'failed', failures: (last.outcome === 'failed' ? last.failures : 0) + 1, reason: describeError(error) }
  }
}

function checksOf(seen: Seen): readonly Check[] {
  const name = 'indexes'
  if (seen.outcome === 'failed') return [{ name, state: 'degraded', detail: `lists are slower: ${seen.reason}` }]
  return seen.outcome === 'made' ? [] : [{ name, state: 'ok', detail: 'being made: until then some lists are slower' }]
}
