// The end of a session, told to the chat: its last sign and its text as commands, under keys that follow from its start, so that whoever tells it
// again tells nothing twice.
import type { MessageBody } from '../../events/command-bodies.ts'
import { assertNever } from '../../events/event.ts'
import { type EndStatus, type Session, sessionTold } from '../../instances/processing-sessions.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AcceptDeps } from '../commands/accept-command.ts'
import { acceptMessage } from '../commands/accept-message.ts'
import { Problem } from '../problems.ts'

export type TellDeps = AcceptDeps & { logger: Logger }

/** Answers how it stands then. Rejects where it has to be told again; what can never be sent is left out, and said. */
export async function tellEnd(deps: TellDeps, session: Session, signal: AbortSignal): Promise<Session> {
  const { status, toldAt, chatId, messageId, text } = session
  if (status === null || toldAt !== null) return session
  const ask = (what: string, body: MessageBody) => accepted(deps, { session, what, body }, signal)
  const signCommandId = await ask('sign', { kind: 'reaction', chatId, targetMessageId: messageId, emoji: signOf(status) })
  const reply = { kind: 'text', chatId, text: text ?? '' } as const
  const textCommandId =
    text === null
      ? null
      : // To a message that is gone nobody replies; what is to be said is said all the same.
        ((await ask('reply', { ...reply, quotedMessageId: messageId })) ?? (await ask('text', reply)))
  return (await sessionTold(deps.database, session, { signCommandId, textCommandId })) ?? session
}

type Asked = { session: Session; what: string; body: MessageBody }

/** null: it cannot be sent. */
async function accepted(deps: TellDeps, { session, what, body }: Asked, signal: AbortSignal): Promise<string | null> {
  const { instanceId, sessionId, startNumber } = session
  // No client's key has a line break.
  const key = `processing\n${sessionId} ${startNumber} ${what}`
  try {
    const { ids } = await acceptMessage(deps, { instanceId, key, body }, signal)
    return ids.commandId
  } catch (error) {
    if (!(error instanceof Problem) || error.retryable) throw error
    deps.logger.warn('processing.end-not-sent', { instanceId, sessionId, what, error })
    return null
  }
}

function signOf(status: EndStatus): string {
  switch (status) {
    case 'success':
      return '✅'
    case 'error':
      return '❌'
    case 'aborted':
    case 'timed-out':
      return '⚠️'
    default:
      return assertNever(status)
  }
}
