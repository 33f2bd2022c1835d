// When signs are due, for all accounts of this process that are open: one question, asked when the next one is due, when somebody begins to work on a
// message, and every [5 s]. What is due while nobody asks, or beyond its budget, is left out, and never made up for.
import type { Database } from '../../database/database.ts'
import { listenOrLook } from '../../database/listen-or-look.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import { processingChannel } from '../../instances/processing-sessions.ts'
import { type ClaimedSign, claimSigns } from '../../instances/processing-signs.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'
import { createOutgoingPace } from '../commands/pace-outgoing.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { Signs } from './show-signs.ts'

export type SignWatch = {
  /** From now on, until it is over; a newer one of the instance takes its place. */
  serve(of: Served): void
  /** Resolves once those that are being claimed now were handed over. */
  claimed(): Promise<void>
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = Owned & Pick<Signs, 'show'> & { isOver(): boolean }
export type SignConfig = Pick<Config['processing'], 'signEveryMs' | 'signsPerMinute' | 'maxSessions'>
type Deps = {
  database: Database
  config: { processing: SignConfig }
  clock: () => number
  logger: Logger
  metrics: Pick<ProducerMetrics, 'signs'>
}

/** Wakes may be lost. */
const lookEveryMs = 5_000

export function createSignWatch({ database, config, clock, logger, metrics }: Deps): SignWatch {
  const { signEveryMs: everyMs, signsPerMinute, maxSessions: mostSessions } = config.processing
  const serving = new Map<string, Served>()
  const bell = createBell()
  const budget = createBudget(signsPerMinute, clock)
  let claiming: Promise<unknown> = Promise.resolve()

  /** Answers how long nothing is due. */
  async function look(): Promise<number> {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    const at = clock()
    if (serving.size === 0) return lookEveryMs
    const { claimed, nextInMs } = await claimSigns(database, [...serving.values()], { everyMs, mostSessions })
    for (const sign of claimed) handOver(sign, at)
    return Math.min(nextInMs ?? lookEveryMs, lookEveryMs)
  }

  function handOver(sign: ClaimedSign, at: number): void {
    const served = serving.get(sign.instanceId)
    const isShown = served?.epoch === sign.epoch && budget.isLeft(sign) && served.show(sign, at)
    if (isShown) budget.take(sign)
    else metrics.signs.inc({ outcome: 'left-out' })
  }

  const wake = (instanceId: string) => void ((instanceId === '' || serving.has(instanceId)) && bell.ring())
  const wakes = { channel: processingChannel, wake, unheard: 'processing.not-listening' }

  async function looked(signal: AbortSignal): Promise<number> {
    try {
      return await look()
    } catch (error) {
      // Postgres being away is said by its own check; the next look asks again.
      if (!signal.aborted) logger.warn('processing.signs-not-claimed', { instances: serving.size, error })
      return lookEveryMs
    }
  }

  return {
    serve: served => {
      serving.set(served.instanceId, served)
      bell.ring()
    },
    claimed: async () => void (await claiming),
    follow: async signal => {
      const listening = listenOrLook({ database, logger }, wakes, signal)
      while (!signal.aborted) {
        const looking = looked(signal)
        claiming = looking
        await bell.rung(signal, Math.ceil(await looking))
      }
      await listening
    },
  }
}

/** Of each session so many a minute. */
function createBudget(perMinute: number, clock: () => number) {
  const pace = createOutgoingPace({ perMinute, burst: perMinute, clock, random: () => 0 })
  return {
    isLeft: ({ sessionId }: ClaimedSign): boolean => perMinute > 0 && pace.waitMs(sessionId) === 0,
    take: ({ sessionId }: ClaimedSign): void => pace.takeTurn(sessionId),
  }
}
