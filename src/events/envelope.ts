// The envelope: the first fields of every record on every topic, in this order (docs/contract.md, Topics).
import { field, optional, record } from './schema-fields.ts'

const rawObject = record('RawObject', 'Where raw bytes above the inline limit are kept.', {
  key: field('string', 'Object key, raw/{eventId}.'),
  sizeBytes: field('long', 'Size of the raw bytes.'),
  sha256: field('string', 'SHA-256 of the raw bytes, lower-case hex.'),
})

export const envelope = {
  eventId: field('string', '32 lower-case hex digits; the first copy per id wins.'),
  type: field('string', 'entity.pastTense, as docs/events.md has them.'),
  instanceId: field('string', 'The WhatsApp account this belongs to; also the key of the record.'),
  epoch: field(
    'long',
    'Raised each time a process takes the instance, and each time it connects anew; 0 for events that no socket owner writes.',
  ),
  sequence: field(
    'long',
    'Starts at 1 in each epoch; in wa.events a gap inside an epoch is a loss. wa.presence and wa.heartbeats have sequences of their own; derived events carry their source’s.',
  ),
  occurredAt: field('instant', 'When it happened, by WhatsApp’s clock where that can be.'),
  recordedAt: field('instant', 'When zaplog recorded it; the timestamp of the record.'),
  chatId: optional('string', 'JID without device: the LID where known, else the phone-number JID; null: of no chat.'),
  chatPn: optional('string', 'Phone-number JID of the chat; null: not known, or it has none.'),
  senderId: optional('string', 'JID without device of who sent it: the LID where known; null: nobody, or not said.'),
  senderPn: optional('string', 'Phone-number JID of the sender; null: not known.'),
  messageId: optional('string', 'WhatsApp’s id of the message; null: it is about no message, or about several.'),
  fromMe: optional('boolean', 'Whether the account itself sent it; null: nobody sent it.'),
  raw: optional(
    'bytes',
    'The WhatsApp protobuf (messages) or binary stanza (everything else) it was made of. Sensitive. null: of neither, secret, or in rawObject.',
  ),
  rawObject: optional(rawObject, 'In place of raw where that is too large for a record; null: it is not.'),
  occurredAtSaid: optional(
    'string',
    'What WhatsApp said instead of occurredAt, where that cannot be and the time of arrival stands in for it; empty: it said nothing. null: occurredAt is what it said.',
  ),
} as const
