// What goes in and out of /v1/instances/{id}/processing and /v1/processing.
import { z } from 'zod'
import { chatId } from '../../events/command-bodies/addresses.ts'
import { bodyText, MAX_TEXT, messageId } from '../../events/command-bodies/written.ts'
import { processingStatuses } from '../../events/definitions/processing.ts'
import { ana, exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { processingStates, wordsOf } from '../../events/vocabulary.ts'
import type { Session } from '../../instances/processing-sessions.ts'

export const start = z
  .strictObject({
    chatId: chatId.describe('the chat of the message, in any of its forms'),
    messageId: messageId.describe('WhatsApp’s id of the message that is worked on'),
    processType: z
      .exactOptional(z.string().min(1).max(100))
      .describe('what is done, in your own word; events say it, and nobody in the chat sees it'),
  })
  .meta({ examples: [{ chatId: ana.pn, messageId: exampleIds.received, processType: 'transcribe' }] })

export const finish = z
  .strictObject({
    status: z.enum(processingStatuses).describe('success: ✅, error: ❌, aborted: ⚠️'),
    text: z.exactOptional(bodyText).describe(`1..${MAX_TEXT} characters, sent as a reply to the message`),
  })
  .meta({ examples: [{ status: 'success', text: 'Here is what was said: …' }, { status: 'aborted' }] })

const text = z.string().nullable()
const running = {
  ...{ sessionId: exampleIds.session, instanceId: exampleIds.instance, chatId: ana.id, messageId: exampleIds.received },
  ...{ processType: 'transcribe', status: 'running', startedAt: exampleAt, timeoutAt: '2026-01-05T12:10:00.000Z' },
  ...{ endedAt: null, reactionCommandId: null, textCommandId: null },
}
export const session = z
  .object({
    sessionId: z.string().describe('the same for the same instance, chat and message'),
    instanceId: z.string(),
    chatId: z.string(),
    messageId: z.string(),
    processType: text,
    status: z.string().describe(wordsOf(processingStates)),
    startedAt: z.string().describe('its last start'),
    timeoutAt: z.string().describe('it times out by itself then'),
    endedAt: text,
    reactionCommandId: text.describe('of the last reaction; null: there is none yet, or it cannot be sent'),
    textCommandId: text.describe('of the text; null: there is none, none yet, or it cannot be sent'),
  })
  .describe('A message that a client works on')
  .meta({ title: 'Processing', examples: [running] })
/** Once it was said how that went. */
export const endedSession = session.meta({
  examples: [{ ...running, status: 'success', endedAt: exampleEndAt, reactionCommandId: exampleIds.command }],
})

export const answerOf = (of: Session): z.infer<typeof session> => ({
  sessionId: of.sessionId,
  instanceId: of.instanceId,
  chatId: of.chatId,
  messageId: of.messageId,
  processType: of.processType,
  status: of.status ?? 'running',
  startedAt: of.startedAt.toISOString(),
  timeoutAt: of.timeoutAt.toISOString(),
  endedAt: of.endedAt?.toISOString() ?? null,
  reactionCommandId: of.signCommandId,
  textCommandId: of.textCommandId,
})
