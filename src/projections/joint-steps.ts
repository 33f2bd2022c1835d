// Partitions that have something to project at the same time share one transaction: what comes while one runs goes into the next together.
// What fails together is taken again one by one, so that one partition's bad record or lock keeps no other from going on.
import { DatabaseError } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import type { Advance, Move } from './checkpoints.ts'
import type { Placed } from './projection.ts'
import type { Quarantined } from './quarantine.ts'
import type { PartitionTaken } from './step.ts'

/** What one batch comes to. */
export type BatchStep = Move & {
  advance: Advance
  /** Keys that it quarantines. */
  leftOut: readonly Quarantined[]
  placed: readonly Placed[]
  /** Of its records. */
  sizeBytes: number
}

/** Rejects as a transaction of its own does, never for what another partition did. `alone`: shares it with none. */
export type TakeBatch = (step: BatchStep, how: { alone: boolean }, signal: AbortSignal) => Promise<PartitionTaken>
type Deps = {
  projection: string
  /** One transaction, at most one step per partition; answers in their order. A step that was done already is answered as `moved`. */
  take(steps: readonly BatchStep[], signal: AbortSignal): Promise<readonly PartitionTaken[]>
  /** What comes while a transaction runs waits for its end, at most so long: then it begins beside it. */
  lingerMs: number
  maxRecords: number
  maxBytes: number
  /** Transactions at once. */
  maxConcurrent: number
  logger: Logger
}
type Waiting = {
  step: BatchStep
  alone: boolean
  /** By performance.now(). */
  sinceAt: number
  signal: AbortSignal
  resolve(taken: PartitionTaken): void
  reject(error: unknown): void
}

/** A transaction of so many records would hardly be cheaper for more of them: it lingers no longer. */
const ENOUGH_RECORDS = 200

export function openJointSteps(deps: Deps): TakeBatch {
  let waiting: readonly Waiting[] = []
  /** Their last step failed: they are taken alone until one succeeds. */
  const apart = new Set<number>()
  let running = 0
  let timer: NodeJS.Timeout | undefined

  function startDue(): void {
    clearTimeout(timer)
    while (waiting.length > 0 && running < deps.maxConcurrent) {
      const lingersMs = lingering()
      if (lingersMs > 0) {
        timer = setTimeout(startDue, lingersMs)
        return
      }
      void run(takeOut())
    }
  }

  function lingering(): number {
    const [first] = waiting
    if (first === undefined || running === 0 || waiting.some(isAlone)) return 0
    const records = waiting.reduce((sum, { step }) => sum + step.placed.length, 0)
    return records >= ENOUGH_RECORDS ? 0 : first.sinceAt + deps.lingerMs - performance.now()
  }

  function takeOut(): readonly Waiting[] {
    const alone = waiting.find(isAlone)
    const together = alone === undefined ? fitting() : [alone]
    waiting = waiting.filter(one => !together.includes(one))
    return together
  }

  /** Those that wait the longest, at least one. */
  function fitting(): readonly Waiting[] {
    let records = 0
    let bytes = 0
    const tooMany = waiting.findIndex(({ step }, index) => {
      records += step.placed.length
      bytes += step.sizeBytes
      return index > 0 && (records > deps.maxRecords || bytes > deps.maxBytes)
    })
    return tooMany === -1 ? waiting : waiting.slice(0, tooMany)
  }

  async function run(together: readonly Waiting[]): Promise<void> {
    running += 1
    const { signal, release } = anyOf(together.map(one => one.signal))
    const steps = together.map(one => one.step)
    await deps.take(steps, signal).then(
      taken => succeeded(together, taken),
      error => failed(together, error),
    )
    release()
    running -= 1
    startDue()
  }

  function succeeded(together: readonly Waiting[], taken: readonly PartitionTaken[]): void {
    for (const [index, { step, resolve, reject }] of together.entries()) {
      apart.delete(step.partition)
      const answer = taken[index]
      if (answer === undefined) reject(new Error(`taking ${together.length} steps: got ${taken.length} answers`))
      else resolve(answer)
    }
  }

  function failed(together: readonly Waiting[], error: unknown): void {
    if (together.length > 1 && !isUnreachable(error)) takeApart(together, error)
    else
      for (const { step, reject } of together) {
        apart.add(step.partition)
        reject(error)
      }
  }

  /** Also where nobody knows whether it was committed: a step that was done is found to be done by its revision. */
  function takeApart(together: readonly Waiting[], error: unknown): void {
    const partitions = together.map(one => one.step.partition)
    deps.logger.info('projection.joint-step-failed', { projection: deps.projection, partitions, error })
    waiting = [...together.map(one => ({ ...one, alone: true })), ...waiting]
  }

  return (step, { alone }, signal) =>
    new Promise((resolve, reject) => {
      const one = { step, alone: alone || apart.has(step.partition), sinceAt: performance.now(), signal, resolve, reject }
      waiting = [...waiting, one]
      startDue()
    })
}

/** Nobody's fault: one by one they would only find out the same. */
const isUnreachable = (error: unknown): boolean => error instanceof DatabaseError && error.code === 'unreachable'

/** A step that is to be cut off must not take others with it. */
const isAlone = ({ alone, signal }: Waiting): boolean => alone || signal.aborted

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
