// Who holds an account is rung when something waits for it: at once by whoever makes its row known, and by one cheap question every [5 s] for all
// accounts of this process.
import type { Database } from '../../database/database.ts'
import { instancesWaiting } from '../../instances/commands-at-work.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'

export type CommandWatch = {
  /** From now on, until it is over; a newer one of the instance takes its place. Rings at once. */
  serve(of: Served): void
  /** Those that are served now. */
  instances(): readonly string[]
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
export type Served = Owned & { ring(): void; isOver(): boolean }
type Deps = { database: Database; logger: Logger; lookMs: number }

/** Payload: the instance's id; empty: any may have been missed. */
export const commandsChannel = 'commands'

export function createCommandWatch({ database, logger, lookMs }: Deps): CommandWatch {
  const serving = new Map<string, Served>()

  function present(): readonly Served[] {
    for (const { instanceId, isOver } of serving.values()) if (isOver()) serving.delete(instanceId)
    return [...serving.values()]
  }

  function wake(instanceId: string): void {
    if (instanceId === '') for (const { ring } of present()) ring()
    else serving.get(instanceId)?.ring()
  }

  async function look(): Promise<void> {
    const ids = present().map(({ instanceId }) => instanceId)
    for (const id of ids.length === 0 ? [] : await instancesWaiting(database, ids)) wake(id)
  }

  async function unlessAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      // Postgres being away is said by its own check; the next look asks again.
      if (!signal.aborted) logger.warn('commands.not-looked', { error })
    }
  }

  return {
    serve: served => {
      serving.set(served.instanceId, served)
      served.ring()
    },
    instances: () => present().map(({ instanceId }) => instanceId),
    follow: async signal => {
      const listening = unlessAborted(signal, () => database.listen(commandsChannel, wake, signal))
      while (await wait(lookMs, signal)) await unlessAborted(signal, look)
      await listening
    },
  }
}
