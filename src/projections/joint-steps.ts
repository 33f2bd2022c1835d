// Partitions that have something to project at the same time share one transaction: what comes while one runs goes into the next together.
// What fails together is taken again one by one, so that one partition's bad record or lock keeps others waiting once and not for good.
import { DatabaseError } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import type { Advance, Move } from './checkpoints.ts'
import { type Limits, nextSteps, type Waiting } from './next-steps.ts'
import type { Placed } from './projection.ts'
import type { Quarantined } from './quarantine.ts'
import type { PartitionTaken } from './step.ts'

/** What one batch comes to. */
export type BatchStep = Move & {
  advance: Advance
  /** Keys that it quarantines. */
  leftOut: readonly Quarantined[]
  placed: readonly Placed[]
  /** The values of its records, together. */
  sizeBytes: number
}

/**
 * Rejects as a transaction of its own does, never for what another partition did; at once where the signal aborts while it waits.
 * `alone`: shares its transaction with none.
 */
export type TakeBatch = (step: BatchStep, how: { alone: boolean }, signal: AbortSignal) => Promise<PartitionTaken>
type Deps = Limits & {
  projection: string
  /** One transaction, at most one step per partition; answers in their order. A step that was done already is answered as `moved`. */
  take(steps: readonly BatchStep[], signal: AbortSignal): Promise<readonly PartitionTaken[]>
  logger: Logger
}
type Offered = Waiting & {
  step: BatchStep
  signal: AbortSignal
  resolve(taken: PartitionTaken): void
  reject(error: unknown): void
  /** It waits no more: its signal is the transaction's concern. */
  begin(): void
}

export function createJointSteps(deps: Deps): TakeBatch {
  let waiting: readonly Offered[] = []
  /** Their last step failed: they are taken alone until one succeeds. */
  const apart = new Set<number>()
  let running = 0
  let runningAlone = 0
  let timer: NodeJS.Timeout | undefined

  function startDue(): void {
    clearTimeout(timer)
    while (waiting.length > 0) {
      const next = nextSteps(waiting, { running, runningAlone, nowAt: performance.now() }, deps)
      if (next.kind === 'wait') {
        if (next.atMostMs !== null) timer = setTimeout(startDue, next.atMostMs)
        return
      }
      waiting = waiting.filter(one => !next.steps.includes(one))
      void run(next.steps)
    }
  }

  async function run(together: readonly Offered[]): Promise<void> {
    const alone = together.some(one => one.alone) ? 1 : 0
    running += 1
    runningAlone += alone
    for (const one of together) one.begin()
    const { signal, release } = anyOf(together.map(one => one.signal))
    await deps
      .take(
        together.map(one => one.step),
        signal,
      )
      .then(
        taken => succeeded(together, taken),
        error => failed(together, error),
      )
    release()
    running -= 1
    runningAlone -= alone
    startDue()
  }

  function succeeded(together: readonly Offered[], taken: readonly PartitionTaken[]): void {
    for (const [index, { step, resolve, reject }] of together.entries()) {
      apart.delete(step.partition)
      const answer = taken[index]
      if (answer === undefined) reject(new Error(`taking ${together.length} steps: got ${taken.length} answers`))
      else resolve(answer)
    }
  }

  function failed(together: readonly Offered[], error: unknown): void {
    const [first, ...others] = together
    if (others.length === 0 && first !== undefined && !isNobodysFault(error)) apart.add(first.step.partition)
    if (others.length === 0 || isNobodysFault(error)) for (const { reject } of together) reject(error)
    else takeApart(together, error)
  }

  /** Also where nobody knows whether it was committed: a step that was done is found to be done by its revision. */
  function takeApart(together: readonly Offered[], error: unknown): void {
    const partitions = together.map(one => one.step.partition)
    deps.logger.info('projection.joint-step-failed', { projection: deps.projection, partitions, error })
    const again = together.flatMap(one => offered({ ...one, alone: true }))
    waiting = [...again, ...waiting]
  }

  /** Empty where its signal has aborted: it has been rejected. */
  function offered(of: Omit<Offered, 'begin'>): readonly Offered[] {
    if (of.signal.aborted) {
      of.reject(of.signal.reason)
      return []
    }
    const one: Offered = { ...of, begin: () => stopListening() }
    const stopListening = onAbort(of.signal, () => {
      waiting = waiting.filter(other => other !== one)
      of.reject(of.signal.reason)
    })
    return [one]
  }

  return (step, { alone }, signal) =>
    new Promise((resolve, reject) => {
      const size = { records: step.placed.length, sizeBytes: step.sizeBytes, sinceAt: performance.now() }
      waiting = [...waiting, ...offered({ ...size, step, alone: alone || apart.has(step.partition), signal, resolve, reject })]
      startDue()
    })
}

/** One by one they would only find out the same. */
const isNobodysFault = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === 'unreachable' || error.code === 'disk-full')

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
