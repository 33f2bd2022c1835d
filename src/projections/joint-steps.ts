// Partitions that have something to project at the same time share one transaction: what comes while one runs goes into the next together.
// What fails together is taken again one by one, so that one partition's bad record or lock keeps others waiting once and not for good; or,
// where several projections take part, given up, and each projection takes its own by itself.
import { givesWay } from '../events/topics.ts'
import type { Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import type { Advance } from './checkpoints.ts'
import * as joint from './joint-state.ts'
import { type Limits, nextSteps, type Pace, restAfter } from './next-steps.ts'
import type { SharedPlaces } from './places.ts'
import type { Placed } from './projection.ts'
import type { Quarantined } from './quarantine.ts'
import type { PartitionTaken } from './step.ts'

/** What one batch comes to, for one projection or for several that take it together. */
export type BatchStep = {
  partition: number
  /** The one that each projection knows, in their order. */
  revisions: readonly bigint[]
  advance: Advance
  /** Keys that it quarantines. */
  leftOut: readonly Quarantined[]
  placed: readonly Placed[]
  /** Keys of which it has records that are not among `placed`. */
  unplaced: ReadonlySet<string>
  /** The values of its records, together. */
  sizeBytes: number
}

/**
 * Rejects as a transaction of its own does, for what another partition did only where several projections take part; at once where the signal
 * aborts while it waits.
 * `alone`: shares its transaction with no other partition. Answers for each projection.
 */
export type TakeBatch = (step: BatchStep, how: { alone: boolean }, signal: AbortSignal) => Promise<readonly PartitionTaken[]>
type Deps = Omit<Limits, keyof Pace> & {
  /** As it is now. */
  pace(): Pace
  projection: string
  /** What fails is not taken again one by one: everybody is told, those that wait too. */
  givesUp: boolean
  /** `maxConcurrent` is of all that share them. */
  places(onFree: () => void): SharedPlaces
  /** One transaction, at most one step per partition; answers in their order. A step that was done already is answered as `moved`. */
  take(steps: readonly BatchStep[], signal: AbortSignal): Promise<readonly (readonly PartitionTaken[])[]>
  logger: Logger
}
type Offered = joint.Offered & { resolve(taken: readonly PartitionTaken[]): void; reject(error: unknown): void }

export function createJointSteps(deps: Deps): TakeBatch {
  let state: joint.JointState<Offered> = joint.nothingOffered
  let timer: NodeJS.Timeout | undefined
  const places = deps.places(startDue)

  function startDue(): void {
    clearTimeout(timer)
    while (state.waiting.length > 0) {
      const maxConcurrent = deps.maxConcurrent - (places.taken() - state.running.length)
      const limits = { ...deps, ...deps.pace(), maxConcurrent }
      const next = nextSteps(state.waiting, joint.loadOf(state, performance.now()), limits)
      if (next.kind === 'wait') {
        if (next.atMostMs !== null) timer = setTimeout(startDue, next.atMostMs)
        return
      }
      state = joint.begun(state, next.steps)
      places.take()
      void run(next.steps)
    }
  }

  async function run(together: readonly Offered[]): Promise<void> {
    const steps = together.map(one => one.step)
    const { signal, release } = anyOf(together.map(one => one.signal))
    const begunAt = performance.now()
    await deps.take(steps, signal).then(
      taken => {
        const ended = { partitions: steps.length, tookMs: performance.now() - begunAt }
        const restsUntil = together.some(one => one.givesWay) ? state.restsUntil : begunAt + restAfter(ended, deps.pace())
        state = joint.committed(state, together, restsUntil)
        answer(together, taken)
      },
      error => {
        const after = deps.givesUp ? joint.givenUp(state, together, error) : joint.failed(state, together, error)
        state = after.state
        for (const { step, error: why } of after.told) step.reject(why)
        if (!deps.givesUp && after.again.length > 0) sayTakenApart(deps, steps, error)
      },
    )
    release()
    places.giveBack()
  }

  /** Told at once where the signal aborts while it waits. */
  function withdraw({ step, signal, reject }: Offered): void {
    if (!joint.isWaiting(state, step)) return
    state = joint.withdrawn(state, step)
    reject(signal.reason)
  }

  return async (step, { alone }, signal) => {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<readonly PartitionTaken[]>()
    const size = { records: step.placed.length, sizeBytes: step.sizeBytes, sinceAt: performance.now() }
    const one = { ...size, step, alone, givesWay: givesWay(step.advance.topic), signal, resolve, reject }
    state = joint.offered(state, one)
    const stopListening = onAbort(signal, () => withdraw(one))
    startDue()
    return promise.finally(stopListening)
  }
}

function answer(together: readonly Offered[], taken: readonly (readonly PartitionTaken[])[]): void {
  for (const [index, { resolve, reject }] of together.entries()) {
    const own = taken[index]
    if (own === undefined) reject(new Error(`taking ${together.length} steps: got ${taken.length} answers`))
    else resolve(own)
  }
}

function sayTakenApart({ logger, projection }: Deps, steps: readonly BatchStep[], error: unknown): void {
  logger.info('projection.joint-step-failed', { projection, partitions: steps.map(step => step.partition), error })
}

/** Aborts with the first of them, until released. */
function anyOf(signals: readonly AbortSignal[]): { signal: AbortSignal; release(): void } {
  const ending = new AbortController()
  const stops = signals.map(signal => onAbort(signal, () => ending.abort(signal.reason)))
  return {
    signal: ending.signal,
    release: () => {
      for (const stop of stops) stop()
    },
  }
}
