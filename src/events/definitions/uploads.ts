// What becomes of a file that a client gives to be sent: asked for, sent, or not.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'

/** Why one failed. */
export const uploadReasons = [
  ...([
    'expired',
    'given-up',
    'empty',
    'too-large',
    'truncated',
    'type-mismatch',
    'type-not-allowed',
    'not-convertible',
  ] as const),
  ...(['gone', 'address-blocked', 'timeout', 'connection', 'throttled', 'server-error', 'storage-refused', 'internal'] as const),
  'not-sent',
] as const
export type UploadReason = (typeof uploadReasons)[number]

const uploadId = field('string', '32 lower-case hex digits; the same for the same instance and Idempotency-Key.')
const kind = field(
  'string',
  'What it is to be sent as: image, video, gif, ptv, audio, voice, document, sticker; consumers must accept new ones.',
)
const commandId = optional('string', 'Of the command that sends it; null: none does.')
const again = 'A copy under the same eventId after a death at the wrong moment; the first one counts.'

export const uploadEvents: readonly EventShape[] = [
  {
    type: 'upload.requested',
    doc: 'A client has a file that the account is to send.',
    when: 'The API took the request for an upload, or a message with a file that zaplog is to bring.',
    again: 'Not for the same Idempotency-Key.',
    not: 'That its bytes are there.',
    fields: {
      uploadId,
      kind,
      source: field('string', 'Where its bytes come from: upload, url or object.'),
      fileName: personal(optional('string', 'As the client calls it; null: not said.')),
      mimetype: optional('string', 'As the client says it; null: not said.'),
      sizeBytes: optional('long', 'As the client says it; null: not said.'),
    },
  },
  {
    type: 'upload.completed',
    doc: 'A file was sent.',
    when: 'WhatsApp’s server took the message with it; beside command.completed.',
    again,
    not: 'That its bytes are in the store, or that it reached anybody.',
    fields: {
      uploadId,
      kind,
      mimetype: optional('string', 'Of the file as it was sent.'),
      sizeBytes: optional('long', 'Of the file as it was sent.'),
      commandId,
    },
  },
  {
    type: 'upload.failed',
    doc: 'A file was not sent.',
    when: 'Its bytes did not come in time, are not what was said of them, or could not be had; it was given up; or its command failed.',
    again: `${again} A send that is asked for again and fails is another one.`,
    not: 'A try that failed and is repeated.',
    fields: {
      uploadId,
      kind,
      mimetype: optional('string', 'As the client says it; null: not said.'),
      sizeBytes: optional('long', 'As the client says it; null: not said.'),
      commandId,
      reason: field(
        'string',
        `${uploadReasons.join(', ')}; consumers must accept new ones. not-sent: its command failed, which says why.`,
      ),
      reasonText: field('string', 'The same for people.'),
    },
  },
]
