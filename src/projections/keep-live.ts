// Has a version read as soon as it has come so far, and sees to it that it stays so: where a process of an earlier release begins later and
// makes its own version live, this one is made live again.
import type { Database } from '../database/database.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import { isWorthSaying, wait } from '../runtime/wait.ts'
import { goLive, type Live } from './go-live.ts'
import { type Projection, titleOf } from './projection.ts'

type Deps = { database: Database; logger: Logger /** [5 s, 30 s] */; tryAgainMs?: number; lookAgainMs?: number }
export type KeptLive = {
  /** None where there is nothing to say: it is read, or a later one is. */
  checks(): readonly Check[]
  done: Promise<void>
}

const TRY_AGAIN_MS = 5_000
const LOOK_AGAIN_MS = 30_000

export function keepLive(deps: Deps, projection: Projection, signal: AbortSignal): KeptLive {
  const { tryAgainMs = TRY_AGAIN_MS, lookAgainMs = LOOK_AGAIN_MS } = deps
  const of = { projection: projection.name, version: projection.version }
  let last: Seen = { outcome: 'live', failures: 0, reason: null }

  async function run(): Promise<void> {
    let overNewer = true
    do {
      last = await look(deps, projection, { overNewer, failures: last.failures }, signal)
      if (signal.aborted) return
      if (last.outcome === 'changed') deps.logger.info('projection.live', of)
      if (isWorthSaying(last.failures)) deps.logger.warn('projection.not-live', { ...of, reason: last.reason })
      if (isOver(last)) overNewer = false
    } while (await wait(isOver(last) ? lookAgainMs : tryAgainMs, signal))
  }

  return { checks: () => checksOf(projection, last), done: run() }
}

/** `failures`: in a row; 0: it did not fail. */
type Seen = { outcome: Live; failures: 0; reason: null } | { outcome: 'failed'; failures: number; reason: string }

const isOver = ({ outcome }: Seen): boolean => outcome !== 'failed' && outcome !== 'behind'

async function look(
  { database }: Deps,
  projection: Projection,
  { overNewer, failures }: { overNewer: boolean; failures: number },
  signal: AbortSignal,
): Promise<Seen> {
  try {
    return { outcome: await goLive(database, projection, { overNewer }, signal), failures: 0, reason: null }
  } catch (error) {
    return { outcome: 'failed', failures: failures + 1, reason: describeError(error) }
  }
}

function checksOf(projection: Projection, { outcome, reason }: Seen): readonly Check[] {
  const name = `projection ${titleOf(projection)} live`
  if (outcome === 'behind') return [{ name, state: 'ok', detail: 'not read yet: it has not come as far as the version that is' }]
  return outcome === 'failed' ? [{ name, state: 'degraded', detail: `not read, or not known to be: ${reason}` }] : []
}
