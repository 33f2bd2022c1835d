// What a loop of ours answers for as a role: it runs, or what keeps it from its work; closed, it ends what it is at.
import type { Role } from './role.ts'

/** `problem` null: there is none. `done` is over once the loop has ended, which `stop` tells it to; then what it used is closed. */
export const runningRole = (
  { name, problem }: { name: string; problem(): string | null },
  { stop, done, closeTools }: { stop: AbortController; done: Promise<void>; closeTools?: () => Promise<void> },
): Role => ({
  name,
  checks: () => {
    const detail = problem()
    return [{ name, state: detail === null ? 'ok' : 'degraded', detail: detail ?? 'running' }]
  },
  close: async () => {
    stop.abort()
    await done
    await closeTools?.()
  },
})
