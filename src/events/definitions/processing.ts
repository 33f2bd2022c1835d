// What clients say of messages that they work on.
import { type EventShape, field, optional } from '../schema-fields.ts'

/** How a client says that it went. */
export const processingStatuses = ['success', 'error', 'aborted'] as const

const sessionId = field('string', '32 lower-case hex digits; the same for the same instance, chat and message.')
const processType = optional('string', 'What is done, in the client’s own word; null: it said none.')
const again = 'A copy under the same eventId after a death at the wrong moment; the first one counts.'

export const processingEvents: readonly EventShape[] = [
  {
    type: 'processing.started',
    doc: 'A client began to work on a message.',
    when: 'The API took a start, or another one of a session that runs, which renews it.',
    again,
    not: 'The signs that people see meanwhile, which are in no topic.',
    fields: { sessionId, processType, timeoutAt: field('instant', 'It times out by itself then.') },
  },
  {
    type: 'processing.finished',
    doc: 'A client has done with a message.',
    when: 'The API took the end of a session that ran. Its last sign and its text are messages of the account, sent by commands.',
    again,
    not: 'That people see it, which message.reacted and command.completed say.',
    fields: {
      sessionId,
      processType,
      status: field('string', `${processingStatuses.join(', ')}; consumers must accept new ones.`),
      startedAt: field('instant', 'Its last start.'),
    },
  },
  {
    type: 'processing.timed-out',
    doc: 'A client began to work on a message and never said how that went.',
    when: 'The time of a session was over. Its message is shown as aborted.',
    again,
    not: 'A session that was renewed in time.',
    fields: { sessionId, processType, startedAt: field('instant', 'Its last start.') },
  },
]
