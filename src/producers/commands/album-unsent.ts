// What is in an album goes out behind its marker; where that did not go out, nothing that names it does.
import type { Transaction } from '../../database/database.ts'
import { keptBodyIn } from '../../events/command-bodies.ts'
import type { Outcome } from '../../instances/commands.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import { readCommand, type ShownCommand } from '../../instances/commands-shown.ts'
import type { Owned } from '../../instances/instance-owners.ts'

type Failure = Extract<Outcome, { type: 'command.failed' }>
type Deps = { database: Transaction; owned: Owned; clock: () => number }

/** What came of the marker, where it did not go out. null: it did, or may have, or the message is in no album. */
export async function albumUnsent(
  { database, owned, clock }: Deps,
  { body }: Pick<ClaimedCommand, 'body'>,
): Promise<Outcome | null> {
  const marker = keptBodyIn(body)?.known?.album
  const found = marker === undefined ? null : await readCommand(database, owned.instanceId, marker.commandId)
  const failure = failureOf(found)
  return failure === null || failure.reason === 'outcome-unknown' ? null : { ...failure, at: clock() }
}

/** null: it has not failed, or there is none. */
const failureOf = (command: ShownCommand | null | undefined): Failure | null =>
  command?.outcome?.type === 'command.failed' ? command.outcome : null
