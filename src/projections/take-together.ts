// One batch, one decoding and one transaction for every projection that is at its beginning.
import { DatabaseError } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Fellow, Fellows } from './fellows.ts'
import { isNobodysFault } from './joint-state.ts'
import type { BatchStep } from './joint-steps.ts'
import { goesOn } from './partition-state.ts'
import { titleOf } from './projection.ts'

type Deps = { fellows: Fellows; logger: Logger }
/** `topic` is named in `projection.reads`. */
type Together = { leader: Fellow; step: Omit<BatchStep, 'revisions'>; passedOver: number }

/**
 * false: nothing was done, and whoever was handed the batch takes it alone. Rejects where Postgres is away, or where nobody knows what was done.
 * What it leaves owed to the log each of them pays by itself.
 */
export async function takeTogether(
  { fellows, logger }: Deps,
  { leader, step, passedOver }: Together,
  topic: Fellow['running']['projection']['reads'][number],
  signal: AbortSignal,
): Promise<boolean> {
  if (step.leftOut.length > 0 || !goesOn(leader.own.state())) return false
  const others = fellows.of(leader, topic, step.advance.fromOffset)
  if (others.length === 0) return false
  const those = [leader, ...others].sort((a, b) => (titleOf(a.running.projection) < titleOf(b.running.projection) ? -1 : 1))
  const running = those.map(one => one.running)
  const letGo = hold(others)
  try {
    const revisions = those.map(one => one.own.state().revision)
    const taken = await fellows.takeBatch(running)({ ...step, revisions }, { alone: false }, signal)
    for (const [at, one] of those.entries()) {
      const own = taken[at]
      if (own?.kind !== 'applied') return false
      await one.own.goOn(own, step, signal)
      one.running.metrics.passedOver(passedOver)
    }
    return true
  } catch (error) {
    if (signal.aborted || isNobodysFault(error) || isUnknown(error)) throw error
    const projections = running.map(({ projection }) => titleOf(projection))
    if (fellows.failedTogether(running)) logger.info('projection.parted', { projections, partition: step.partition, error })
    return false
  } finally {
    letGo()
    for (const one of others) one.payOwed()
  }
}

/** At once, because they are free: whatever comes to them waits until the step is over. */
function hold(those: readonly Fellow[]): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const one of those) void one.exclusive.run(() => promise)
  return resolve
}

const isUnknown = (error: unknown): boolean => error instanceof DatabaseError && error.code === 'commit-unknown'
