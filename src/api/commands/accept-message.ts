// A message that a client asks for is accepted, with what is known of its chat; an album as the messages that it is made of, and as a whole.
import type { Found } from '../../database/statement-parts.ts'
import { keptBodyIn, type MessageBody } from '../../events/command-bodies.ts'
import { albumOperation, messageOperation } from '../../events/operations.ts'
import { albumParts } from '../../instances/album-parts.ts'
import type { CommandIds } from '../../instances/command-ids.ts'
import { recipientOf, recipientRead } from '../../projections/read-model/queries.ts'
import { type AcceptDeps, type Accepted, acceptCommand, type Part, type Wanted } from './accept-command.ts'
import { completeBody } from './complete-body.ts'

/** `parts`: of an album, its marker and each of its items, in order; `ids` has the marker's messageId then. */
export type AcceptedMessage = Accepted & { parts?: readonly CommandIds[] }

/** Rejects as `acceptCommand` does, and with the Problems of `completeBody`. */
export async function acceptMessage(
  deps: AcceptDeps,
  { instanceId, key, body }: { instanceId: string; key: string; body: MessageBody },
  signal: AbortSignal,
): Promise<AcceptedMessage> {
  const recipient = recipientRead({ instanceId, chatId: body.chatId })
  const complete = async (commandId: string, found: Found) => {
    const chat = recipientOf(found(recipient), body.chatId)
    const completed = await completeBody(deps, { instanceId, commandId, signal }, body, chat)
    return { ...completed, chatId: completed.body.chatId }
  }
  const wanted = { instanceId, key, asked: body, reads: [recipient], complete }
  return body.kind === 'album'
    ? acceptAlbum(deps, { ...wanted, operation: albumOperation }, signal)
    : acceptCommand(deps, { ...wanted, operation: messageOperation }, signal)
}

async function acceptAlbum(deps: AcceptDeps, wanted: Wanted, signal: AbortSignal): Promise<AcceptedMessage> {
  const partsOf = partsIn(wanted.instanceId)
  const accepted = await acceptCommand(deps, { ...wanted, partsOf }, signal)
  const parts = partsOf({ ...accepted.ids, body: accepted.body }).map(({ ids }) => ids)
  return { ...accepted, ids: { ...accepted.ids, messageId: parts[0]?.messageId ?? '' }, parts }
}

/** Of what is kept, so that the same again is made of the same, whatever is known by then. */
const partsIn =
  (instanceId: string) =>
  ({ commandId, body }: { commandId: string; body: unknown }): readonly Part[] => {
    const kept = keptBodyIn(body)
    return kept?.kind === 'album' ? albumParts({ instanceId, commandId, body: kept }) : []
  }
