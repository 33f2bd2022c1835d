// Whether an intake goes on: an end that nobody asked for is said, and is a failure that a restart may mend.
import type { Consumption } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Check } from '../../runtime/role.ts'

export type IntakeWatch = {
  /** null: it goes on, or was told to stop. */
  failed(): Check | null
  /** Resolves when it has ended, however; never rejects. */
  done: Promise<void>
}

/** `name`: the processor's. `signal`: told the intake to stop. */
export function watchIntake(
  { logger, name }: { logger: Logger; name: string },
  consumption: Pick<Consumption, 'done'>,
  signal: AbortSignal,
): IntakeWatch {
  let ended: string | null = null
  const done = consumption.done.then(
    () => {
      ended = 'its intake ended'
    },
    error => {
      ended = String(error)
      logger.error('processor.failed', { processor: name, error })
    },
  )
  return {
    failed: () => (ended === null || signal.aborted ? null : { name, state: 'failed', detail: `stopped: ${ended}` }),
    done,
  }
}
