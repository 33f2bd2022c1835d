// Pairs of addresses that the phone's history told reach the keys of whoever is connected, within seconds: one question for all instances of this
// process. A pair is forgotten once it is among the keys, or they know better; a death in between takes it again.
import type { Database } from '../../database/database.ts'
import { forgetPairs, type LearnedPair, readPairs } from '../../instances/learned-pairs.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'

/** Where the keys know of neither address: those were heard later. Resolves once they are durable. */
export type Learn = (pairs: readonly Pick<LearnedPair, 'lid' | 'pn'>[]) => Promise<void>
export type PairLearning = {
  /** From now on, until it is over; a newer one takes its place. */
  serve(of: Served): void
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = { instanceId: string; learn: Learn; isOver(): boolean }
type Deps = { database: Database; logger: Logger; everyMs?: number }

/** In one step; who has more of them has the next step at once. */
const MOST = 2_000

export function createPairLearning({ database, logger, everyMs = 5_000 }: Deps): PairLearning {
  const serving = new Map<string, Served>()

  /** Answers whether there may be more. */
  async function learnSome(): Promise<boolean> {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    if (serving.size === 0) return false
    const pairs = await readPairs(database, [...serving.keys()], { limit: MOST })
    const learned: LearnedPair[] = []
    for (const [instanceId, own] of Map.groupBy(pairs, pair => pair.instanceId))
      if (await isLearned(instanceId, own)) learned.push(...own)
    if (learned.length > 0) await forgetPairs(database, learned)
    return learned.length > 0 && pairs.length === MOST
  }

  /** What one account cannot store keeps nothing from the others. */
  async function isLearned(instanceId: string, pairs: readonly LearnedPair[]): Promise<boolean> {
    const served = serving.get(instanceId)
    try {
      await served?.learn(pairs)
      return served?.isOver() === false
    } catch (error) {
      if (served?.isOver() === false) logger.warn('pairs.not-learned', { instanceId, pairs: pairs.length, error })
      return false
    }
  }

  async function learnAll(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && (await learnSome()));
    } catch (error) {
      if (!signal.aborted) logger.warn('pairs.not-learned', { instances: serving.size, error })
    }
  }

  return {
    serve: served => void serving.set(served.instanceId, served),
    follow: async signal => {
      while (await wait(everyMs, signal)) await learnAll(signal)
    },
  }
}
