// Goes on with a purge, a batch and then a pause again and again, until there is a reason not to.
import { type Purge, readUndone } from './purge-rows.ts'
import { type StepDeps, takeStep } from './steps.ts'

/** `purge`: as it was last seen. */
export type Ending =
  | { kind: 'done' }
  /** Somebody else went on with it. */
  | { kind: 'taken' }
  | { kind: 'waits'; purge: Purge }
  | { kind: 'failed'; purge: Purge; error: unknown }
  | { kind: 'told-to-stop' }

type How = {
  /** After each move of it. */
  moved(purge: Purge): void
  /** false: told to stop. */
  pause(): Promise<boolean>
}

/** Never rejects. */
export async function goOn(deps: StepDeps, purge: Purge, { moved, pause }: How, signal: AbortSignal): Promise<Ending> {
  let now = purge
  const moveOn = (next: Purge) => {
    now = next
    moved(next)
    return pause()
  }
  try {
    while (!signal.aborted) {
      const next = await takeStep(deps, now, moveOn, signal)
      if (next === null) return { kind: (await isDone(deps, now)) ? 'done' : 'taken' }
      if (next.waitsFor !== null) return { kind: 'waits', purge: next }
      if (!(await moveOn(next))) break
    }
    return { kind: 'told-to-stop' }
  } catch (error) {
    return signal.aborted ? { kind: 'told-to-stop' } : { kind: 'failed', purge: now, error }
  }
}

/** The check is the last step: where the row is not undone any more, it is done. */
async function isDone({ database }: StepDeps, { instanceId, step }: Purge): Promise<boolean> {
  return step === 'check' && !(await readUndone(database)).some(one => one.instanceId === instanceId)
}
