// An album goes out as its marker and what is in it, each a command of its own. What was asked for as a whole stands behind them in its chat: it is over
// once they are, and says what came of them.
import { keptBodyIn } from '../../events/command-bodies.ts'
import { albumParts } from '../../instances/album-parts.ts'
import type { ClaimedCommand } from '../../instances/commands-at-work.ts'
import { readCommands, type ShownCommand } from '../../instances/commands-shown.ts'
import { type Failure, failureOf } from './album-unsent.ts'
import { failed } from './judge-try.ts'
import { type Came, over, type TryDeps } from './try-command.ts'

/** Completed where anything of it went out; `result` names what did not. */
export async function endAlbum({ database, owned, clock }: TryDeps, command: ClaimedCommand): Promise<Came> {
  const body = keptBodyIn(command.body)
  const at = clock()
  if (body?.kind !== 'album') return over(failed('invalid', at, null, 'This version cannot send what it asks for.'))
  const { instanceId } = owned
  const [marker, ...items] = albumParts({ instanceId, commandId: command.command_id, body }).map(({ ids }) => ids)
  const commandIds = items.map(({ commandId }) => commandId)
  const ended = await readCommands(database, instanceId, [marker?.commandId ?? '', ...commandIds])
  const unsent = items.flatMap(({ commandId, messageId }) => {
    const failure = failureIn(ended.get(commandId), at)
    return failure === null ? [] : [{ commandId, messageId, failure }]
  })
  const [first] = unsent
  if (first !== undefined && unsent.length === items.length)
    return over({ ...(failureOf(ended.get(marker?.commandId ?? '')) ?? first.failure), at })
  const told = unsent.map(({ failure: { reason, reasonText, code }, ...ids }) => ({ ...ids, reason, reasonText, code }))
  const result = JSON.stringify({ sent: items.length - unsent.length, failed: told })
  return over({ type: 'command.completed', at, saidAt: null, result })
}

/** null: it went out. Whoever wrote the record of an album by hand may have written none of what is in it. */
const failureIn = (item: ShownCommand | undefined, at: number): Failure | null =>
  item === undefined
    ? { type: 'command.failed', at, reason: 'invalid', reasonText: 'It was never asked for.', code: null }
    : failureOf(item)
