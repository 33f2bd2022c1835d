// Who holds an account is rung when something waits for it: at once by whoever makes its row known, and by one cheap question every [5 s] for all
// accounts of this process.
import type { Database } from '../../database/database.ts'
import type { AccountsHere, HeldHere } from '../../instances/accounts-here.ts'
import { instancesWaiting } from '../../instances/commands-at-work.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'

export type CommandWatch = {
  /** From now on, until it is over; a newer one of the instance takes its place. Rings at once. */
  serve(of: HeldHere): void
  /** Those that are served now. */
  instances(): readonly string[]
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
type Deps = { database: Database; accountsHere: AccountsHere; logger: Logger; lookMs: number }

/** Payload: the instance's id; empty: any may have been missed. */
export const commandsChannel = 'commands'

export function createCommandWatch({ database, accountsHere, logger, lookMs }: Deps): CommandWatch {
  function wake(instanceId: string): void {
    if (instanceId === '') for (const { ring } of accountsHere.held()) ring()
    else accountsHere.find(instanceId)?.ring()
  }

  async function look(): Promise<void> {
    const ids = accountsHere.held().map(({ instanceId }) => instanceId)
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
      accountsHere.hold(served)
      served.ring()
    },
    instances: () => accountsHere.held().map(({ instanceId }) => instanceId),
    follow: async signal => {
      const listening = unlessAborted(signal, () => database.listen(commandsChannel, wake, signal))
      while (await wait(lookMs, signal)) await unlessAborted(signal, look)
      await listening
    },
  }
}
