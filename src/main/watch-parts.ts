// The parts a running zaplog stands on are asked again and again whether they answer, so that readiness names one that is away within
// seconds, also while nothing else needs it. An answer here does not mean that the work goes on: roles say for themselves what keeps them.
import { describeError, type Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
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

/** askedAt: the question that found it so. reason: what came back; null: nothing did. */
type Found = { askedAt: number; reason: string | null }
type Away = Found & { sinceAt: number }

function watchPart({ logger, patienceMs }: Required<Deps>, { part, everyMs, ask }: Watched, signal: AbortSignal) {
  const { name, address } = part
  let away: Away | null = null

  async function run() {
    do {
      const askedAt = performance.now()
      const patience = setTimeout(() => note({ askedAt, reason: null }), patienceMs)
      const stop = onAbort(signal, () => clearTimeout(patience))
      const reason = await ask(signal).then(() => null, describeError)
      clearTimeout(patience)
      stop()
      if (!signal.aborted) note(reason === null ? null : { askedAt, reason })
    } while (await wait(spread(everyMs, JITTER, Math.random()), signal))
  }

  /** A line when it goes and a line when it is back. */
  function note(found: Found | null) {
    if (found !== null && away === null)
      logger.warn('part.away', { part: name, address, reason: found.reason ?? `no answer within ${patienceMs} ms` })
    if (found === null && away !== null)
      logger.info('part.back', { part: name, address, awayMs: Math.round(performance.now() - away.sinceAt) })
    away = found && { ...found, sinceAt: away?.sinceAt ?? found.askedAt }
  }

  void run()
  return {
    check: (): Check => {
      if (away === null) return { name, state: 'ok', detail: `${address} answers` }
      const silentS = Math.floor((performance.now() - away.askedAt) / 1000)
      const what = away.reason === null ? `does not answer, for ${silentS} s so far` : `is away: ${away.reason}`
      return { name, state: 'degraded', detail: `${address} ${what}` }
    },
  }
}
