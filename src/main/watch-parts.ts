// The parts a running zaplog stands on are asked again and again whether they answer, so that readiness names one that is away within
// seconds, also while nothing else needs it. What asks is no judge of the work itself: roles say for themselves what keeps them from it.
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import { spread, wait } from '../runtime/wait.ts'
import type { Part } from './parts.ts'

export type Watched = {
  part: Pick<Part, 'name' | 'address'>
  everyMs: number
  /** Resolves when the part has answered, whatever it said. At most one question is under way. */
  ask(signal: AbortSignal): Promise<unknown>
}
export type PartsWatch = {
  /** One for each part: ok, or degraded with its address and what came back. */
  checks(): readonly Check[]
  /** Asks no more. Does not wait for a part that hangs: what closes its connections ends the last question. */
  close(): Promise<void>
}
type Deps = { logger: Logger; patienceMs?: number }

/** A question without an answer for so long counts as none, although it may still come. */
const PATIENCE_MS = 5_000
const JITTER = 0.2

export function watchParts({ logger, patienceMs = PATIENCE_MS }: Deps, watched: readonly Watched[]): PartsWatch {
  const stop = new AbortController()
  const watches = watched.map(one => watchPart({ logger, patienceMs }, one, stop.signal))
  return { checks: () => watches.map(({ check }) => check()), close: async () => stop.abort() }
}

function watchPart({ logger, patienceMs }: Required<Deps>, { part, everyMs, ask }: Watched, signal: AbortSignal) {
  const { name, address } = part
  let askedAt: number | null = null
  let away: { sinceAt: number; reason: string } | null = null

  async function run() {
    do {
      askedAt = performance.now()
      const reason = await ask(signal).then(() => null, describeError)
      if (!signal.aborted) note(reason, askedAt)
      askedAt = null
    } while (await wait(spread(everyMs, JITTER, Math.random()), signal))
  }

  /** A line when it goes and a line when it is back. */
  function note(reason: string | null, sinceAt: number) {
    if (reason !== null && away === null) logger.warn('part.away', { part: name, address, reason })
    if (reason === null && away !== null)
      logger.info('part.back', { part: name, address, awayMs: Math.round(performance.now() - away.sinceAt) })
    away = reason === null ? null : { sinceAt: away?.sinceAt ?? sinceAt, reason }
  }

  void run()
  return {
    check: (): Check => {
      const waitedMs = askedAt === null ? 0 : performance.now() - askedAt
      if (away !== null) return { name, state: 'degraded', detail: `${address} is away: ${away.reason}` }
      if (waitedMs > patienceMs)
        return { name, state: 'degraded', detail: `${address} does not answer, for ${Math.floor(waitedMs / 1000)} s so far` }
      return { name, state: 'ok', detail: `${address} answers` }
    },
  }
}
