// A message that a client asks for is accepted, with what is known of its chat.
import type { MessageBody } from '../../events/command-bodies.ts'
import { messageOperation } from '../../events/operations.ts'
import { type AcceptDeps, type Accepted, acceptCommand } from './accept-command.ts'
import { completeBody } from './complete-body.ts'

/** Rejects as `acceptCommand` does, and with the Problems of `completeBody`. */
export function acceptMessage(
  deps: AcceptDeps,
  { instanceId, key, body }: { instanceId: string; key: string; body: MessageBody },
  signal: AbortSignal,
): Promise<Accepted> {
  const complete = async (commandId: string) => {
    const completed = await completeBody(deps, { instanceId, commandId, signal }, body)
    return { ...completed, chatId: completed.body.chatId }
  }
  return acceptCommand(deps, { instanceId, key, operation: messageOperation, asked: body, complete }, signal)
}
