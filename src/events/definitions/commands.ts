// What clients ask an account to do, and what came of it.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'

const commandId = field('string', '32 lower-case hex digits; the same for the same instance and Idempotency-Key.')
const operation = field(
  'string',
  'What was asked for: message.send, or another of docs/contract.md; consumers must accept new ones.',
)
const tries = field('int', 'How often it was given to WhatsApp; 0: never.')
const outcomeAgain = 'A copy under the same eventId after a death at the wrong moment; the first one counts.'

/** Why one failed. */
export const failureReasons = [
  ...(['refused', 'not-on-whatsapp', 'not-allowed', 'account-restricted', 'rate-limited', 'expired', 'logged-out'] as const),
  ...(['outcome-unknown', 'invalid', 'app-state-key-missing', 'media-upload-failed', 'cancelled'] as const),
] as const
export type FailureReason = (typeof failureReasons)[number]

export const commandEvents: readonly EventShape[] = [
  {
    type: 'command.accepted',
    doc: 'A client asked the account to do something, and it will be done once. On a topic of its own.',
    when: 'The API took a command; its answer 202 comes after this is durable.',
    again:
      'A copy under the same eventId where the same Idempotency-Key is sent again, or its answer was lost; the first one counts.',
    not: 'What the API refuses, which is in its answer alone.',
    fields: {
      commandId,
      operation,
      digest: field(
        'string',
        'SHA-256 of what is asked for, lower-case hex: two with one commandId ask for the same where it is equal.',
      ),
      body: personal(field('string', 'What is asked for: JSON text, in the shape of the call’s body.')),
      expiresAt: field('instant', 'It is not begun after this.'),
    },
  },
  {
    type: 'command.completed',
    doc: 'A command was done: WhatsApp’s server took it.',
    when: 'WhatsApp acknowledged what the command sent, without an error. What it made is an event of its own, with its commandId where it is a message.',
    again: outcomeAgain,
    not: 'That it reached anybody, which message.receipt-updated says.',
    fields: {
      commandId,
      operation,
      tries,
      result: personal(optional('string', 'What WhatsApp answered, such as the id of a new group: JSON text; null: nothing.')),
    },
  },
  {
    type: 'command.failed',
    doc: 'A command was not done, and is not tried any more.',
    when: 'WhatsApp refused it for good, every try failed, its time was over, its account is logged out, or a client cancelled it before WhatsApp could have it.',
    again: outcomeAgain,
    not: 'A try that failed and is repeated.',
    fields: {
      commandId,
      operation,
      tries,
      reason: field('string', `${failureReasons.join(', ')}; consumers must accept new ones.`),
      reasonText: field('string', 'The same for people, with WhatsApp’s code where it said one.'),
      code: optional('string', 'What WhatsApp said, such as 463; null: nothing.'),
    },
  },
]
