// What goes in and out of /v1/instances/{id}/messages and commands.
import { z } from 'zod'
import { ana, exampleAt, exampleEndAt, exampleIds, exampleNextDayAt } from '../../events/example-ids.ts'
import { commandOperations, commandReasons, commandStates, commandWaits, wordsOf } from '../../events/vocabulary.ts'
import type { ShownCommand, Waiting } from '../../instances/commands-shown.ts'

export const keyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/, { error: '1 to 255 printable characters of ASCII' })
    .optional()
    .describe('the same again is done once, for 14 days; left out, one is made and answered'),
})

const ids = {
  commandId: z.string(),
  eventId: z.string().describe('of its command.accepted'),
}
const messageId = z.string().describe('what WhatsApp calls the message')
const queuedUntil = z.string().describe('it is not begun later')

const idempotencyKey = z.string().describe('whoever asks for the same with it again asks for nothing twice')

const taken = {
  ...{ commandId: exampleIds.command, eventId: exampleIds.event, queuedUntil: exampleNextDayAt, idempotencyKey: exampleIds.key },
  waitsFor: null,
}
const text = z.string().nullable()
const waitsFor = z
  .object({
    reason: z.string().describe(`clients must accept new ones: ${wordsOf(commandWaits)}`),
    nextAt: text.describe('when it may go on, where that is known: of a turn, that of the account’s next one'),
    commandId: text.describe('earlier-command: the one of its chat that goes first'),
    instanceState: text.describe('connection: what the instance is'),
    refusal: z
      .object({ reason: z.string(), reasonText: z.string(), code: text })
      .nullable()
      .describe('retry: what WhatsApp said to the last try; null: nothing'),
  })
  .meta({ title: 'WaitsFor' })
  .nullable()

export const accepted = z
  .object({
    ...ids,
    messageId,
    queuedUntil,
    idempotencyKey,
    waitsFor: waitsFor.describe('what it waits for, where that is known at once'),
    renderedAs: z.literal('text').nullable().describe('text: it goes out as numbered text; null: as it was asked for'),
    audienceSize: z.exactOptional(z.int()).describe('of a status: how many people it is sent to'),
    parts: z
      .exactOptional(z.array(z.object({ ...ids, messageId })))
      .describe(
        'of an album: its marker, whose messageId is the answer’s, and each of its items in order, commands of their own',
      ),
  })
  .describe('It is in the log, and will be done once')
  .meta({ title: 'AcceptedMessage', examples: [{ ...taken, messageId: exampleIds.sent, renderedAs: null }] })

export const acceptedAction = z
  .object({ ...ids, queuedUntil, idempotencyKey, waitsFor: waitsFor.describe('what it waits for, where that is known at once') })
  .describe('It is in the log, and will be done once')
  .meta({ title: 'AcceptedCommand', examples: [taken] })

const sent = {
  ...{ commandId: exampleIds.command, eventId: exampleIds.event, messageId: exampleIds.sent, operation: 'message.send' },
  ...{
    chatId: ana.id,
    state: 'completed',
    tries: 1,
    acceptedAt: exampleAt,
    queuedUntil: exampleNextDayAt,
    endedAt: exampleEndAt,
  },
  ...{ waitsFor: null, reason: null, reasonText: null, code: null, result: null },
}
const failed = { ...sent, state: 'failed', reason: 'not-on-whatsapp', reasonText: `${ana.digits} is not on WhatsApp` }
export const command = z
  .object({
    ...ids,
    messageId: text.describe('what WhatsApp calls the message; null: it is none'),
    operation: z.string().describe(`clients must accept new ones: ${wordsOf(commandOperations)}`),
    chatId: text.describe('what it is about; null: the account itself'),
    state: z.string().describe(wordsOf(commandStates)),
    tries: z.int().describe('how often it was given to WhatsApp'),
    acceptedAt: z.string(),
    queuedUntil,
    endedAt: text,
    waitsFor: waitsFor.describe('why it is not over yet; null: it is'),
    reason: text.describe(`why it failed; clients must accept new ones: ${wordsOf(commandReasons)}`),
    reasonText: text.describe('for people'),
    code: text.describe('what WhatsApp said, such as 463'),
    result: z.record(z.string(), z.unknown()).nullable().describe('what WhatsApp answered, where it did'),
  })
  .describe('What an account was asked to do')
  .meta({ title: 'Command', examples: [sent, failed] })

/** Of a call that becomes no message; `result`: what WhatsApp may answer to it. */
export const doneAs = (operation: string, of: { chatId: string | null; result: unknown }) =>
  command.meta({ examples: [{ ...sent, operation, messageId: null, ...of }] })

export type WaitsFor = NonNullable<z.infer<typeof waitsFor>>
const nothingKnown = { nextAt: null, commandId: null, instanceState: null, refusal: null }

/** As long as its instance is not open, nothing else matters. `instanceState`: as the read model has it. */
export const waitsForConnection = (instanceState: string): WaitsFor | null =>
  instanceState === 'open' ? null : { ...nothingKnown, reason: 'connection', instanceState }

function waitsForOf({ reason, nextAt, commandId, refusal }: Waiting, instanceState: string): WaitsFor {
  const away = reason === 'log' ? null : waitsForConnection(instanceState)
  if (away !== null) return away
  const refused = reason === 'retry' && refusal?.type === 'command.failed' ? refusal : null
  return {
    ...{ reason, nextAt: nextAt?.toISOString() ?? null, commandId, instanceState: null },
    refusal: refused && { reason: refused.reason, reasonText: refused.reasonText, code: refused.code },
  }
}

/** `instanceState`: as the read model has it. */
export const answerOf = (
  { acceptedAt, queuedUntil, endedAt, outcome, messageId, chatId, waitsFor, ...rest }: ShownCommand,
  instanceState: string,
): z.infer<typeof command> => ({
  ...rest,
  messageId: messageId === '' ? null : messageId,
  chatId: chatId === '' ? null : chatId,
  acceptedAt: acceptedAt.toISOString(),
  queuedUntil: queuedUntil.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
  waitsFor: waitsFor && waitsForOf(waitsFor, instanceState),
  ...(outcome?.type === 'command.failed'
    ? { reason: outcome.reason, reasonText: outcome.reasonText, code: outcome.code }
    : { reason: null, reasonText: null, code: null }),
  result: outcome?.type === 'command.completed' && outcome.result !== undefined ? JSON.parse(outcome.result) : null,
})
