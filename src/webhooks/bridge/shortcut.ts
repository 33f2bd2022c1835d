// A shortcut: one way to do what another does as well, but dearer. While it fails it is left alone, longer each time, so that nobody waits for
// more than a try of it now and then; that is said once, and for as long as it is so.
import { describeError, type Logger } from '../../runtime/logger.ts'
import { backoffMs } from '../../runtime/wait.ts'

export type Shortcut = {
  /** Whether to try it. */
  isOpen(): boolean
  worked(): void
  failed(error: unknown): void
  /** Why it is left alone; null: it is not. */
  trouble(): string | null
}
/** `what`: in words, `event`: in the log. */
type Deps = { clock: () => number; logger: Logger; what: string; event: string }

const backoff = { baseMs: 1_000, capMs: 60_000, jitter: 0, random: 0 }

export function createShortcut({ clock, logger, what, event }: Deps): Shortcut {
  let state: { failures: number; closedUntil: number; reason: string } = fine
  const isOpen = () => clock() >= state.closedUntil
  return {
    isOpen,
    worked: () => {
      state = fine
    },
    failed: error => {
      const failures = state.failures + 1
      state = { failures, closedUntil: clock() + backoffMs({ ...backoff, attempt: failures }), reason: describeError(error) }
      if (failures === 1) logger.warn(event, { error })
    },
    trouble: () => (isOpen() ? null : `${what}: ${state.reason}`),
  }
}

const fine = { failures: 0, closedUntil: Number.NEGATIVE_INFINITY, reason: '' }
