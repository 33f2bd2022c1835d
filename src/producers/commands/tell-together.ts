// What came of many commands is told in one append, in their order, and then their rows say that they are over, in one transaction with what that
// lets go on: a death in between tells the same again.
import type { Offer } from '../../convert/draft.ts'
import type { Database } from '../../database/database.ts'
import { carryOutcomes, type Told } from '../../instances/carry-outcomes.ts'
import { type EndingCommand, endCommands } from '../../instances/commands-at-work.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { Traces } from '../../runtime/traces.ts'
import type { BuiltSeals } from './built-message.ts'
import { outcomeEvents } from './tell-outcome.ts'

type Of = Omit<Parameters<typeof outcomeEvents>[0], 'instanceId'> & {
  database: Database
  owned: Owned
  seals: Pick<BuiltSeals, 'open'>
  append(offers: readonly Offer[]): Promise<void>
  /** Tries again, for as long as whoever tells it may. */
  outlasting<T>(doing: string, work: () => Promise<T>): Promise<T>
  /** null or left out: nobody traces. */
  traces?: Traces | null
  /** Ends a transaction that is under way. */
  over: AbortSignal
}

/** One that is done and whose bytes do not open is told without its message. */
export async function tellTogether(of: Of, ending: readonly EndingCommand[]): Promise<void> {
  const { database, owned, seals, append, outlasting, over, traces } = of
  const { instanceId } = owned
  const told: (Told & { events: readonly Offer[] })[] = []
  for (const { built, ...command } of ending) {
    const isDone = command.outcome.type === 'command.completed' && built !== null
    const sent = isDone ? seals.open(command.command_id, built) : null
    const events = await outcomeEvents({ ...of, instanceId }, command, sent)
    told.push({ events, traceparent: command.traceparent })
  }
  await carryOutcomes(traces, told, () => append(told.flatMap(one => one.events)))
  const ended = { instanceId, commandIds: ending.map(one => one.command_id) }
  await outlasting('ending commands', () => database.transact(tx => endCommands(tx, ended), over))
}
