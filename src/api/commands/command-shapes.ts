// What goes in and out of /v1/instances/{id}/messages and commands.
import { z } from 'zod'
import { commandReasons, commandStates, wordsOf } from '../../events/vocabulary.ts'
import type { ShownCommand } from '../../instances/commands-shown.ts'

const ids = {
  commandId: z.string(),
  eventId: z.string().describe('of its command.accepted'),
  messageId: z.string().describe('what WhatsApp calls the message'),
}
const queuedUntil = z.string().describe('it is not begun later')

export const accepted = z
  .object({
    ...ids,
    queuedUntil,
    idempotencyKey: z.string().describe('whoever sends the same with it again sends nothing twice'),
    renderedAs: z.literal('text').nullable().describe('text: it goes out as numbered text; null: as it was asked for'),
  })
  .describe('It is in the log, and will be done once')

const text = z.string().nullable()
export const command = z
  .object({
    ...ids,
    operation: z.string().describe('message.send; clients must accept new ones'),
    chatId: z.string(),
    state: z.string().describe(wordsOf(commandStates)),
    tries: z.int().describe('how often it was given to WhatsApp'),
    acceptedAt: z.string(),
    queuedUntil,
    endedAt: text,
    reason: text.describe(`why it failed; clients must accept new ones: ${wordsOf(commandReasons)}`),
    reasonText: text.describe('for people'),
    code: text.describe('what WhatsApp said, such as 463'),
  })
  .describe('What an account was asked to do')

export const answerOf = ({ acceptedAt, queuedUntil, endedAt, outcome, ...rest }: ShownCommand): z.infer<typeof command> => ({
  ...rest,
  acceptedAt: acceptedAt.toISOString(),
  queuedUntil: queuedUntil.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
  ...(outcome?.type === 'command.failed'
    ? { reason: outcome.reason, reasonText: outcome.reasonText, code: outcome.code }
    : { reason: null, reasonText: null, code: null }),
})
