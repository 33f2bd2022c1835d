// A message that a client asks for is accepted, with what is known of its chat.
import type { Found } from '../../database/statement-parts.ts'
import type { MessageBody } from '../../events/command-bodies.ts'
import { messageOperation } from '../../events/operations.ts'
import { recipientOf, recipientRead } from '../../projections/read-model/queries.ts'
import { type AcceptDeps, type Accepted, acceptCommand } from './accept-command.ts'
import { completeBody } from './complete-body.ts'

/** Rejects as `acceptCommand` does, and with the Problems of `completeBody`. */
export function acceptMessage(
  deps: AcceptDeps,
  { instanceId, key, body }: { instanceId: string; key: string; body: MessageBody },
  signal: AbortSignal,
): Promise<Accepted> {
  const recipient = recipientRead({ instanceId, chatId: body.chatId })
  const complete = async (commandId: string, found: Found) => {
    const chat = recipientOf(found(recipient), body.chatId)
    const completed = await completeBody(deps, { instanceId, commandId, signal }, body, chat)
    return { ...completed, chatId: completed.body.chatId }
  }
  const wanted = { instanceId, key, operation: messageOperation, asked: body, reads: [recipient], complete }
  return acceptCommand(deps, wanted, signal)
}
